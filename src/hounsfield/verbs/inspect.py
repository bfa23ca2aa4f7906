"""inspect: what is there, which task it is for, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import make_way, write_text
from hounsfield.audit.check import Check
from hounsfield.audit.mending.mend import Mend
from hounsfield.audit.running import Audit
from hounsfield.layouts.opening import HALF
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.registry.tables import CHECKS, MENDINGS
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Fault, Refused, refuse
from hounsfield.verbs.beforehand import check_names
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.inspection import Inspection
from hounsfield.verbs.inspection_page import inspection_page
from hounsfield.verbs.mending import Seen, mended_copy, place_in, refuse_place

WHEN_ASKED = frozenset({"privacy"})
"""Checks that are made only when they are asked for."""


def inspect(
    data: str | Path | Dataset,
    *,
    privacy: bool = False,
    html: str | Path | None = None,
    fix: str | Path | None = None,
    watch: Watcher = nobody,
    **opening: Any,
) -> Inspection:
    """What a folder holds and what is wrong with it, every case read once for each task that the folder fits.

    privacy: look for identifiers in headers too.  html: a file for a page with pictures of the cases concerned.
    fix: a new folder for a copy in which is mended what can be mended safely; the data themselves are never changed.
    Raises Refused where nothing could be read.
    """
    check_names(layout=opening.get("layout"))
    if fix is not None:
        refuse_place(data, Path(fix))
    if html is not None:
        make_way(Path(html))
    dataset = open_dataset(data, watch=watch, **opening)
    checks = [CHECKS.load(name) for name in CHECKS.names() if privacy or name not in WHEN_ASKED]
    found = _looked_at(dataset, checks, watch)
    others = [] if opening.get("layout") else _other_readings(data, dataset, opening)
    found = replace(found, also=tuple(_looked_at(other, checks, watch) for other in others))
    if fix is not None:
        found = _fixed(found, Path(fix), watch, privacy=privacy, **opening)
    if html is not None:
        write_text(Path(html), inspection_page(found))
    return found


def _looked_at(dataset: Dataset, checks: Sequence[Check], watch: Watcher) -> Inspection:
    def looked(done: int, total: int) -> None:
        watch({"stage": "looking at the cases", "done": done, "total": total})

    audit = Audit(checks)
    facts, good, bad = fingerprint(dataset.cases, through=audit.look, watch=looked)
    mends = audit.mends(dataset, {name: MENDINGS.load(name) for name in MENDINGS.names()})
    if not good and not mends:
        raise Refused(bad)
    faults = tuple(_with_its_command(fault, mends) for fault in audit.faults(dataset))
    return Inspection(dataset, facts, (*dataset.problems, *bad), faults, mends)


def _with_its_command(fault: Fault, mends: Sequence[Mend]) -> Fault:
    """A fault whose remedy says so where `--fix` brings it about."""
    is_mended = any((mend.check, str(mend.file)) == (fault.check, fault.where) for mend in mends)
    return replace(fault, remedy=f"{fault.remedy} --fix OUT does it in a copy.") if is_mended else fault


def _fixed(found: Inspection, out: Path, watch: Watcher, **looking: Any) -> Inspection:
    """The same with a mended copy, which is looked at in the same way before it appears."""

    def again(copy: Path) -> Seen:
        seen = inspect(copy, watch=watch, **looking)
        for file in _files(seen):
            place_in(copy, file)
        if len(seen.dataset) != len(found.dataset):
            raise refuse(copy, f"has {len(seen.dataset)} cases, not {len(found.dataset)}")
        if _parts(seen.dataset) != _parts(found.dataset):
            raise refuse(copy, "has cases whose inputs or truths are not those of the data")
        return Seen([*seen.faults, *chain.from_iterable(seen.newly_found().values())], seen.mendable)

    data, files = Path(found.dataset.where), _files(found)
    return replace(found, mended=mended_copy(data, found.mendable, out, files=files, again=again, watch=watch))


def _files(found: Inspection) -> Iterator[Path]:
    """What the cases read, in whatever way the folder is read."""
    for case in chain(found.dataset, *(other.dataset for other in found.also)):
        for value in (*case.inputs.values(), *(truth.answer for truth in case.truths.values())):
            yield from value.files


def _parts(dataset: Dataset) -> Counter[tuple[frozenset[str], frozenset[str]]]:
    """The names of each case's inputs and truths. Without its id, which may be made of the folder's name."""
    return Counter((frozenset(case.inputs), frozenset(case.truths)) for case in dataset)


def _other_readings(data: str | Path | Dataset, dataset: Dataset, opening: dict[str, Any]) -> list[Dataset]:
    """The data set read for each other task that its folder fits, by the surest layout for it."""
    fitting = [reading for reading in dataset.readings if reading.sure >= HALF and reading.task]
    tasks = dict.fromkeys(reading.task for reading in fitting if reading.task != dataset.task)
    found = []
    for task in tasks:
        try:
            found.append(open_dataset(data, task=task, **opening))
        except Refused:  # it fitted at first sight only
            continue
    return found
