"""What answers are held against: the cases of a data set, or bare files named like the answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from hounsfield.formats.files import sha256_of, stem_of, suffix_of
from hounsfield.layouts.folders import files_in
from hounsfield.registry.tables import TASKS
from hounsfield.values import Case, Dataset, Lazy, Refused, Truth, refuse
from hounsfield.verbs.data import derived, open_dataset, refuse_without_truth


def truths_of(
    truth: str | Path | Dataset,
    task: str | None,
    derive: str | None,
    named: Collection[str],
    opening: Mapping[str, Any],
) -> tuple[str, dict[str, Case]]:
    """The task, and case id -> case with a truth of it.

    named: how the answers are called. A folder that is no data set with truths serves as bare files, where some are
    called like answers. Raises Refused where there is nothing to compare with.
    """
    try:
        opened = open_dataset(truth, task=task if derive is None else None, **opening)
        return _of_dataset(opened, task, derive)
    except Refused:
        bare = {} if isinstance(truth, Dataset) or derive is not None else files_by_case(Path(truth))
        if not bare.keys() & set(named):
            raise
    name = task or _only_reader(next(iter(bare.values())))
    return name, {case: _bare(case, path, name) for case, path in bare.items()}


def _of_dataset(dataset: Dataset, task: str | None, derive: str | None) -> tuple[str, dict[str, Case]]:
    dataset, name = derived(dataset, task, derive)
    refuse_without_truth(dataset, name)
    has_truth = TASKS.load(name).has_truth
    return name, {case.id: case for case in dataset if has_truth(case)}


def files_by_case(folder: Path) -> dict[str, Path]:
    """Name -> file, for a folder of bare files; what lies beside one (CASE.labels.json beside CASE.png) is left out.

    Files of the most frequent suffix only: the others are something else.
    """
    by_name = {stem_of(path): path for path in reversed(files_in(folder))}
    alone = {name: path for name, path in by_name.items() if not _has_owner(name, by_name)}
    if not alone:
        return {}
    suffix = Counter(map(suffix_of, alone.values())).most_common(1)[0][0]
    return {name: path for name, path in sorted(alone.items()) if suffix_of(path) == suffix}


def _has_owner(name: str, names: Collection[str]) -> bool:
    parts = name.split(".")
    return any(".".join(parts[:n]) in names for n in range(1, len(parts)))


def _bare(case: str, path: Path, task: str) -> Case:
    table = TASKS.load(task)
    answer = Lazy(table.answer, str(path), partial(table.read, path), partial(sha256_of, path))
    return Case(case, {}, {"truth": Truth(answer)})


def _only_reader(path: Path) -> str:
    """The one task whose answers look like this file. Raises Refused where there are several or none."""
    readers = _readers(path)
    if len(readers) != 1:
        what = f"could be answers of {' or '.join(readers)}" if readers else "is no answer of any task"
        raise refuse(path, what, f"Say of which with --task: {', '.join(TASKS.names())}.")
    return readers[0]


def _readers(path: Path) -> list[str]:
    """The tasks that can read this file."""
    found = []
    for name in TASKS.names():
        try:
            TASKS.load(name).read(path)
        except Refused:
            continue
        found.append(name)
    return found
