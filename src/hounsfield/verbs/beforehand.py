"""What can be refused before anything heavy is imported: names that nobody knows, places that are not as said.

Each verb asks here first; so does the command line before it imports the verb, so that a slip is told at once.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.answers.manifest import NAME as MANIFEST
from hounsfield.formats.files import size_of
from hounsfield.layouts.presence import check_presence
from hounsfield.packages.place import check_place
from hounsfield.registry.cards import card_path
from hounsfield.registry.table import nearest
from hounsfield.registry.tables import LAYOUTS, METHODS, TASKS
from hounsfield.seam import read_card
from hounsfield.values import Problem, Refused, refuse

if TYPE_CHECKING:
    from hounsfield.values import Dataset
    from hounsfield.verbs.packages import Openable
    from hounsfield.verbs.question import Question

REGISTRATION = "registration"
"""The task of `register`."""

NOTHING = Problem("predict", "was given nothing to answer", "Name files or folders.")


def check_question(question: Question) -> None:
    """Refuses names, data and a split file that are not there. Raises UnknownName too."""
    check_names(question.task, question.layout)
    check_wishes(question.method, question.task, question.words)
    check_data([question.data])
    if question.split is not None:
        size_of(Path(question.split))


def check_names(task: str | None = None, layout: str | None = None) -> None:
    """Refuses a layout that is not there; raises UnknownName for such a task."""
    if task is not None:
        TASKS.target(task)
    if layout is not None and layout not in LAYOUTS.targets:
        raise refuse(f"--layout {layout}", "no such layout", f"Known: {', '.join(LAYOUTS.names())}.")


def check_wishes(method: str | None, task: str | None, words: Mapping[str, str]) -> None:
    """Refuses a method of another task, and options that it does not know, or would not take with such a value.

    Where the method is chosen later, one of those for the task has to know the option and take the value.
    """
    if method is not None:
        card = read_card(method)
        if task is not None and task not in card.tasks:
            remedy = "Ask for another method (hounsfield list methods), or leave it out: a default is taken."
            raise refuse(f"--method {method}", f"does {', '.join(card.tasks)}, not {task}", remedy)
        card.wishes(words)
        return
    cards = [read_card(name) for name in METHODS.names() if card_path(name) is not None]
    cards = [card for card in cards if task is None or task in card.tasks]
    known = sorted({option for card in cards for option in card.options})
    for name, word in words.items():
        if name not in known:
            what = f"is no option of any method{f' for {task}' if task else ''}"
            raise refuse(f"--set {name}", what, f"{nearest(name, known)}Known: {', '.join(known)}.")
        _refuse_where_all([(card.wishes, {name: word}) for card in cards if name in card.options])


def check_data(data: Iterable[object]) -> None:
    """Refuses data none of which is there; what has been opened before is."""
    _refuse_where_all([(_check_one, one) for one in data])


def check_new(out: Path) -> None:
    """Refuses a place where something is already."""
    if out.exists():
        raise refuse(out, "is there already", "Give another --out, or move it away.")


def check_model(model: Openable) -> None:
    """Refuses a folder that is no package at first sight."""
    if isinstance(model, (str, Path)):
        check_place(Path(model))


def check_prediction(
    model: Openable, data: Sequence[object], inputs: Mapping[str, str | Path], out: Path, layout: str | None
) -> None:
    """Refuses what `predict` can not begin with: no model, nothing to answer, no place for answers."""
    check_model(model)
    check_names(layout=layout)
    if not data and not inputs:
        raise Refused(NOTHING)
    for file in inputs.values():
        check_presence(Path(file))
    if not inputs:
        check_data(data)
    check_only_answers(out)


def check_only_answers(out: Path) -> None:
    """Refuses a place for answers that is a file, or holds other things, which answers might be written over."""
    if out.exists() and not out.is_dir():
        raise refuse(out, "is a file, not a folder for answers", "Give another --out.")
    is_ours = not out.exists() or (out / MANIFEST).exists()
    if not is_ours and any(not path.name.startswith(".") for path in out.iterdir()):
        what = "holds other files, which answers might be written over"
        raise refuse(out, what, "Give a new or empty folder as --out, or one that `predict` made.")


def check_evaluation(answers: Path, truth: str | Path | Dataset, task: str | None, layout: str | None) -> None:
    """Refuses what `evaluate` can not begin with: no answers, no truth."""
    check_names(task, layout)
    check_answers(answers)
    check_data([truth])


def check_answers(folder: Path) -> None:
    """Refuses what is no folder."""
    if not folder.is_dir():
        raise refuse(folder, "is no folder of answers", "Give the folder that `predict --out` made.")


def check_comparison(places: Iterable[Openable], truth: str | Path | Dataset | None, layout: str | None) -> None:
    """Refuses what `compare` can not begin with: neither models nor answers, no truth."""
    check_names(layout=layout)
    for place in places:
        if isinstance(place, (str, Path)) and not Path(place).is_dir():
            raise refuse(place, "is neither a model nor a folder of answers", "Check the name.")
    check_data([] if truth is None else [truth])


def check_pair(
    fixed: str | Path, moving: str | Path, out: str | Path, method: str | None, wishes: Sequence[tuple[str, str]]
) -> Path:
    """The place of the transform without its suffix. Refuses what `register` can not begin with."""
    stem = Path(str(out).removesuffix(".json"))
    check_wishes(method, REGISTRATION, dict(wishes))
    if method is not None and read_card(method).has_state:
        remedy = f"Train it (hounsfield train --task {REGISTRATION}), then use hounsfield predict."
        raise refuse(f"--method {method}", "has to learn before it registers", remedy)
    for suffix in (".json", ".nii.gz", ".inverse.nii.gz"):
        check_new(stem.with_name(stem.name + suffix))
    for image in (fixed, moving):
        check_presence(Path(image))
    return stem


def check_carried(transform: object, files: Sequence[Path], out: Path) -> None:
    """Refuses what `apply` can not begin with: no transform, no file, files that would be written over."""
    if isinstance(transform, (str, Path)):
        size_of(Path(transform))
    if not files:
        raise refuse("apply", "was given no file", "Name the files to carry.")
    names = [file.name.lower() for file in files]
    for file in files:
        if names.count(file.name.lower()) > 1:
            remedy = "Carry them one after the other, each with an --out of its own."
            raise refuse(file, "has the name of another file given", remedy)
        if file.resolve().parent == out.resolve():
            raise refuse(file, "would be written over", "Give another --out.")
    there = [out / file.name for file in files if os.path.lexists(out / file.name)]
    if there:
        more = f" (and {len(there) - 1} more of the files given)" if len(there) > 1 else ""
        raise refuse(f"{there[0]}{more}", "is there already", "Give another --out, or move it away.")
    _refuse_where_all([(size_of, file) for file in files])


def _check_one(data: object) -> None:
    if isinstance(data, (str, Path)):
        check_presence(Path(data))


def _refuse_where_all(asked: Sequence[tuple[Any, Any]]) -> None:
    """Raises Refused, each reason once, where all of these (a function and its argument) refuse."""
    problems = list[Problem]()
    for function, argument in asked:
        try:
            function(argument)
            return
        except Refused as refusal:
            problems.extend(refusal.problems)
    if problems:
        raise Refused(dict.fromkeys(problems))
