"""inspect: what is there, which task it is for, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import make_way, write_text
from hounsfield.audit.check import Check
from hounsfield.audit.running import Audit
from hounsfield.layouts.opening import HALF
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.registry.tables import CHECKS
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Refused
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.inspection import Inspection
from hounsfield.verbs.inspection_page import inspection_page

WHEN_ASKED = frozenset({"privacy"})
"""Checks that are made only when they are asked for."""


def inspect(
    data: str | Path | Dataset,
    *,
    privacy: bool = False,
    html: str | Path | None = None,
    watch: Watcher = nobody,
    **opening: Any,
) -> Inspection:
    """What a folder holds and what is wrong with it, every case read once for each task that the folder fits.

    privacy: look for identifiers in headers too.  html: a file for a page with pictures of the cases concerned.
    Raises Refused where nothing could be read.
    """
    if html is not None:
        make_way(Path(html))
    dataset = open_dataset(data, **opening)
    checks = [CHECKS.load(name) for name in CHECKS.names() if privacy or name not in WHEN_ASKED]
    found = _looked_at(dataset, checks, watch)
    others = [] if opening.get("layout") else _other_readings(data, dataset, opening)
    found = replace(found, also=tuple(_looked_at(other, checks, watch) for other in others))
    if html is not None:
        page = inspection_page(dataset, found.rows(), found.faults)
        write_text(Path(html), page)
    return found


def _looked_at(dataset: Dataset, checks: Sequence[Check], watch: Watcher) -> Inspection:
    def looked(done: int, total: int) -> None:
        watch({"stage": "looking at the cases", "done": done, "total": total})

    audit = Audit(checks)
    facts, good, bad = fingerprint(dataset.cases, through=audit.look, watch=looked)
    if not good:
        raise Refused(bad)
    return Inspection(dataset, facts, (*dataset.problems, *bad), audit.faults(dataset))


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
