"""One self-contained HTML page of what is wrong with a folder of data, with pictures of the cases concerned."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from markupsafe import Markup

from hounsfield.reports.assets import asset, environment
from hounsfield.values import Fault

SHOWN = 20  # faults of a check that are open to the eye; the rest unfolds
PICTURED = 4  # cases of a fault with a picture


@dataclass(frozen=True)
class AuditContent:
    """What a page says.

    rows: what is there, a word and a sentence each.  faults: the surest first.  pictures: case -> PNG.
    """

    title: str
    summary: str
    command: str
    rows: Sequence[tuple[str, str]] = ()
    faults: Sequence[Fault] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)


class Group(NamedTuple):
    """The faults of one check, the surest first: those that are shown and those that unfold."""

    check: str
    surest: str
    shown: Sequence[Fault]
    folded: Sequence[Fault]


def audit_page(content: AuditContent) -> str:
    """The page as HTML: nothing is fetched, no script runs, and everything that came from files is escaped."""
    engine = environment()
    engine.filters["sure"] = sureness
    return engine.from_string(asset("audit_page.html")).render(
        content=content,
        css=Markup(asset("page.css") + asset("audit_page.css")),
        groups=grouped(content.faults),
        pictures={case: base64.b64encode(png).decode() for case, png in content.pictures.items()},
        pictured=PICTURED,
    )


def grouped(faults: Sequence[Fault]) -> list[Group]:
    """The faults by check, the check with the surest fault first."""
    checks: dict[str, list[Fault]] = {}
    for fault in sorted(faults, key=lambda fault: -fault.sure):
        checks.setdefault(fault.check, []).append(fault)
    return [
        Group(check.replace("_", " "), sureness(found[0].sure), found[:SHOWN], found[SHOWN:])
        for check, found in checks.items()
    ]


def pictured_cases(faults: Sequence[Fault], most: int) -> list[str]:
    """The cases that a page shows pictures of, at most so many, those of the surest faults first."""
    shown = [fault for group in grouped(faults) for fault in group.shown]
    ranked = sorted(shown, key=lambda fault: -fault.sure)
    return list(dict.fromkeys(case for fault in ranked for case in fault.cases[:PICTURED]))[:most]


def sureness(sure: float) -> str:
    """How sure a fault is, in words and as a number."""
    word = "certain" if sure >= 0.995 else "likely" if sure >= 0.7 else "perhaps"
    return word if word == "certain" else f"{word} ({100 * sure:.0f} %)"
