"""Tables for people on a terminal."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import TYPE_CHECKING

from hounsfield.cli.printing import tell
from hounsfield.values.printable import printable

if TYPE_CHECKING:
    from hounsfield.values import Fault, Interval, Scores
    from hounsfield.verbs.compare import Comparison
    from hounsfield.verbs.mending import Mended

WIDE = 1000  # columns: a table is as wide as it is, and the terminal may wrap it
FIRST = 3  # faults of one check that are shown
MENDED = 10  # files of a mended copy that are shown


def print_scores(scores: Scores, metrics: Sequence[str] | None = None) -> None:
    """Values with intervals, the deciding metric first, and what has to be said about them."""
    rows = [
        (_named(metric, scores.units), item, str(value), _counted(value), scores.better[metric])
        for metric, items in scores.sets.items()
        if metrics is None or metric in metrics
        for item, value in items.items()
    ]
    _print_table(("metric", "item", "value [95 % interval]", "cases", "better"), rows)
    for note in scores.notes:
        tell(note)


def print_comparison(comparison: Comparison) -> None:
    """B - A with intervals, beside the values of both."""
    a, b = comparison.a, comparison.b
    rows = [
        (
            _named(metric, a.units),
            item,
            _value(a.sets.get(metric, {}).get(item)),
            _value(b.sets.get(metric, {}).get(item)),
            str(value),
            _counted(value),
            comparison.better[metric],
        )
        for metric, items in comparison.differences.items()
        for item, value in items.items()
    ]
    _print_table(("metric", "item", "A", "B", "B - A [95 % interval]", "cases", "better"), rows)
    tell(f"{comparison.summary}. A and B are over all cases of each.")


def print_faults(faults: Sequence[Fault], *, below: str) -> None:
    """What looks wrong, a check after the other, the surest first; of each check the first few.

    below: the folder that files are named from. What could not be read is said by itself, and left out here.
    """
    found: dict[str, list[Fault]] = {}
    for fault in faults:
        if fault.check != "unreadable":
            found.setdefault(fault.check, []).append(fault)
    for check, those in found.items():
        tell("", f"{check}  {_surest(those)}")
        for remedy, alike in groupby(those[:FIRST], lambda fault: fault.remedy):
            for fault in alike:
                tell(f"  {_from(fault.where, below)} {_from(fault.what, below)}.")
            tell(f"    -> {remedy}")
        if len(those) > FIRST:
            tell(f"  and {len(those) - FIRST} more")
    if any(len(those) > FIRST for those in found.values()):
        tell("", "All of them: --json, or --html FILE for a page with pictures.")


def print_mended(mended: Mended) -> None:
    """What was changed in a mended copy, the first few files of it, and what is left to a person."""
    if not mended.out:
        tell("", "Nothing here can be mended safely, so no copy was written.")
        return
    tell("", f"Mended in {mended.out}:")
    for change in mended.changes[:MENDED]:
        tell(f"  {change.file} {change.what}")
    if len(mended.changes) > MENDED:
        tell(f"  and {len(mended.changes) - MENDED} more, all of them in {mended.out}/mended.json")
    for name in mended.left_out[:FIRST]:
        tell(f"Not copied: {name}")
    if len(mended.left_out) > FIRST:
        tell(f"  and {len(mended.left_out) - FIRST} more")
    left = sum(mended.left.values())
    said = ", ".join(f"{number} of {check}" for check, number in mended.left.items())
    tell(f"{left} fault{'s' * (left != 1)} left to look at: {said}." if left else "No fault is left.")


def _surest(faults: Sequence[Fault]) -> str:
    """How many, and how sure the surest is."""
    sure = f"{100 * faults[0].sure:.0f} % sure"
    return f"({sure})" if len(faults) == 1 else f"({len(faults)}, up to {sure})"


def _from(text: str, folder: str) -> str:
    """A text with the files inside a folder named from there, where a path begins with that folder."""
    return re.sub(rf"(?<!\S){re.escape(folder)}/", "", text)


def _print_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(*head, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(printable, row))
    console = Console(width=WIDE, highlight=False, markup=False, force_terminal=False)
    with console.capture() as captured:
        console.print(table)
    for line in captured.get().splitlines():
        tell(line.rstrip())


def _named(metric: str, units: Mapping[str, str]) -> str:
    unit = units.get(metric, "")
    return f"{metric} ({unit})" if unit else metric


def _value(value: Interval | None) -> str:
    return "" if value is None or value.value is None else f"{value.value:.3f}"


def _counted(value: Interval) -> str:
    return f"{value.n} ({value.undefined} undefined)" if value.undefined else str(value.n)
