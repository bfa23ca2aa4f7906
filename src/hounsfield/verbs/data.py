"""Data as every verb opens it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.opening import open_folder
from hounsfield.registry.tables import LAYOUTS, TASKS
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, MiB, Refused, refuse
from hounsfield.values.wording import count

TIE = 0.15
"""Layouts that are surer of a folder by less than this fit it equally."""


def open_dataset(
    data: str | Path | Dataset,
    *,
    layout: str | None = None,
    task: str | None = None,
    columns: Sequence[str] = (),
    target: str | None = None,
    ignore: Sequence[str] = (),
    watch: Watcher = nobody,
) -> Dataset:
    """The cases of a folder or file, nothing heavy read yet.

    layout: the folder convention, found by itself where not given.  task: what it is to be read for, where it can be
    read in several ways.  columns: names for a table without a header.
    target: the column to learn, COLUMN or COLUMN>VALUE.  ignore: columns that are not inputs.
    Raises Refused where the folder is missing, empty or of no known layout.
    """
    if isinstance(data, Dataset):
        return data
    known = {name: LAYOUTS.load(name) for name in LAYOUTS.names()}

    def looking_into(done: int, total: int) -> None:
        watch({"stage": "reading headers", "done": done, "total": total})

    def unpacking(done: int, total: int) -> None:
        whole = -(-total // MiB)
        watch({"stage": "unpacking (MiB)", "done": done // MiB if done < total else whole, "total": whole})

    options = ReadOptions(tuple(columns), target, tuple(ignore), looking_into)
    return open_folder(Path(data), known, layout=layout, task=task, options=options, watch=unpacking)


def derived(dataset: Dataset, task: str | None, how: str | None) -> tuple[Dataset, str]:
    """The data set as a task wants it, and the task's name.

    how: NAME or NAME=DETAIL of the ways in which the task derives its cases from other data.
    """
    name = task or dataset.task
    _refuse_without_question(dataset)
    if not name:
        raise refuse(
            dataset.where, "does not say what it is for", f"Name a task with --task: {', '.join(TASKS.names())}."
        )
    table = TASKS.load(name)
    if how is None:
        return dataset, name
    way, _, detail = how.partition("=")
    if way not in table.derive:
        known = ", ".join(sorted(table.derive)) or "nothing"
        raise refuse("--derive", f"{way!r} is unknown to the task {name}", f"It derives: {known}.")
    return table.derive[way](dataset, detail), name


def _refuse_without_question(dataset: Dataset) -> None:
    """Raises Refused where a table waits for its --target: no task can be named before."""
    asking = [problem for problem in dataset.problems if not problem.case and "--target" in problem.remedy]
    if asking and not dataset.task and not any(case.truths for case in dataset):
        raise Refused(asking)


def refuse_several_tasks(dataset: Dataset) -> None:
    """Raises Refused where the folder can be read for another task about as well: a person has to say for which."""
    own = next((reading.sure for reading in dataset.readings if reading.layout == dataset.layout), 1.0)
    equal = [reading for reading in dataset.readings if reading.task and reading.sure > own - TIE]
    tasks = list(dict.fromkeys(reading.task for reading in equal))
    if dataset.task in tasks and len(tasks) > 1:
        ways = " and ".join(f"for {reading.task} ({reading.why})" for reading in equal)
        raise refuse(dataset.where, f"can be read {ways}", f"Say which with --task {' or --task '.join(tasks)}.")


def refuse_without_truth(dataset: Dataset, task: str) -> None:
    """Raises Refused where no case has a truth of the task's kind."""
    table = TASKS.load(task)
    if any(table.has_truth(case) for case in dataset):
        return
    ways = sorted(table.derive)
    kinds = " or ".join(kind.__name__ for kind in table.truths or (table.answer,))
    hint = f", or derive them with --derive {' | '.join(ways)}" if ways else ""
    what = f"holds {count(len(dataset), 'case')}, none with a truth for {task} ({kinds})"
    more = f" `hounsfield inspect` lists {count(len(dataset.problems), 'problem')}." if dataset.problems else ""
    raise refuse(dataset.where, what, f"Add the truths{hint}.{more}")
