"""From what a person hands to `predict` to cases."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hounsfield.layouts.single_images import PARTS, single_case
from hounsfield.layouts.unzipped import is_zip
from hounsfield.packages.package import Package
from hounsfield.registry.tables import TASKS
from hounsfield.values import Case, Dataset, Problem, Refused, refuse
from hounsfield.verbs.beforehand import NOTHING
from hounsfield.verbs.data import derived, open_dataset

Given = Sequence[str | Path | Dataset]


def cases_of(
    data: Given, inputs: Mapping[str, str | Path], package: Package, opening: Mapping[str, Any]
) -> tuple[list[Case], list[Problem]]:
    """The cases of files, folders and data sets, and what could not be opened. Raises Refused where nothing could."""
    cases, problems = [], list[Problem]()
    if inputs:
        cases.append(single_case({role: Path(file) for role, file in inputs.items()}))
    for one in data:
        try:
            found, more = _cases_of_one(one, package, opening)
            cases.extend(found)
            problems.extend(more)
        except Refused as refusal:
            problems.extend(refusal.problems)
    if not cases:
        raise Refused(problems or NOTHING)
    once = {(case.id, where(case) if case.inputs else tuple(sorted(case.covariates.items()))): case for case in cases}
    return _told_apart(list(once.values())), problems


def where(case: Case) -> str:
    """The files of a case's inputs; its id where it has none."""
    return ", ".join(value.where for value in case.inputs.values()) or case.id


def _cases_of_one(
    one: str | Path | Dataset, package: Package, opening: Mapping[str, Any]
) -> tuple[Sequence[Case], Sequence[Problem]]:
    how = opening.get("derive")
    options = {name: value for name, value in opening.items() if name != "derive"}
    if not isinstance(one, Dataset) and how is None and _is_image_file(Path(one), package):
        return [single_case({"image": Path(one)})], ()
    dataset = open_dataset(one, task=package.plan.task if how is None else None, **options)
    dataset, task = derived(dataset, package.plan.task, how)
    _refuse_without_roles(dataset, task)
    given = {value.where for case in dataset for value in case.inputs.values()}
    return dataset.cases, [problem for problem in dataset.problems if problem.where not in given]  # such as no label


def _is_image_file(path: Path, package: Package) -> bool:
    """Whether a file is to be the package's only image, not a set of cases."""
    return path.is_file() and not is_zip(path) and "image" in package.facts.words["roles"]


def _refuse_without_roles(dataset: Dataset, task: str) -> None:
    """Raises Refused where no case has the inputs that the task is about, naming the ways to make such cases."""
    table = TASKS.load(task)
    if dataset.cases and not any(table.has_roles(case) for case in dataset):
        ways = f", derive them with --derive {' | '.join(sorted(table.derive))}" if table.derive else ""
        what = f"holds no case with the inputs {', '.join(table.roles)} of {task}"
        raise refuse(dataset.where, what, f"Name the files of one with --input ROLE=FILE{ways}.")


def _told_apart(cases: list[Case]) -> list[Case]:
    """The cases with ids of their own: files of one name (patient1/t1.nii.gz ...) get their folder's in front.

    Raises Refused where that does not help: answers would be written over each other.
    """
    names = Counter(case.id.lower() for case in cases)
    cases = [case if names[case.id.lower()] == 1 else case.renamed(_with_folder(case)) for case in cases]
    seen = dict[str, Case]()
    for case in cases:
        other = seen.setdefault(case.id.lower(), case)
        if other is not case:
            what = f"is the name of two cases ({where(other)} and {where(case)})"
            raise refuse(case.id, what, "Predict them with two different --out.")
    for case in cases:
        whole, _, part = case.id.lower().rpartition(".")
        if part in PARTS and whole in seen:
            what = f"would be answered in a file of the answer to {seen[whole].id}"
            raise refuse(case.id, what, "Predict them with two different --out.")
    return cases


def _with_folder(case: Case) -> str:
    first = next((value.where for value in case.inputs.values()), None)
    folder = "" if first is None else Path(first).resolve().parent.name
    return f"{folder}_{case.id}" if folder else case.id
