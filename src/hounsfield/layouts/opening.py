"""Opening what a user points to: every layout is asked, the surest reads it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hounsfield.layouts.folders import all_files
from hounsfield.layouts.layout import Claim, Layout, ReadOptions
from hounsfield.values import Dataset, Problem, Refused, refuse

DEFAULT = ReadOptions()
MOST_REASONS = 8


def open_folder(
    path: Path,
    layouts: Mapping[str, Layout],
    *,
    layout: str | None = None,
    options: ReadOptions = DEFAULT,
) -> Dataset:
    """The cases of a folder (or of a single file), by the layout that is surest of it, or by the one named.

    Refuses what is missing, empty, known to no layout, or without a single case.
    """
    path = Path(path)
    if not path.exists():
        raise refuse(path, "does not exist", "Check the name.")
    if path.is_dir() and next(all_files(path), None) is None:
        raise refuse(path, "is an empty folder", "Put the images into it, or name another folder.")
    if layout is not None and layout not in layouts:
        raise refuse(path, f"can not be read as {layout!r}: no such layout", f"Known: {', '.join(sorted(layouts))}.")
    claims = _claims(path, layouts)
    if layout is None and not claims:
        remedy = f"Arrange the files as one of these: {', '.join(sorted(layouts))}; or name one by --layout."
        raise refuse(path, "is laid out in no way that is known here", remedy)
    name = layout or max(claims, key=lambda known: claims[known].sure)
    if name not in claims:
        looks = f"It looks like {max(claims, key=lambda known: claims[known].sure)}." if claims else "Leave it out."
        raise refuse(path, f"is not laid out as {name}", looks)
    dataset = layouts[name].read(path, options)
    if not dataset.cases:
        nothing = Problem(str(path), f"holds no case, read as {name}", "Is it the right folder?")
        raise Refused([*dataset.problems[:MOST_REASONS], nothing])
    _check_ids(dataset)
    return replace(dataset, where=str(path), layout=name, why=claims[name].why)


def _claims(path: Path, layouts: Mapping[str, Layout]) -> dict[str, Claim]:
    answers = {name: layout.detect(path) for name, layout in layouts.items()}
    return {name: claim for name, claim in answers.items() if claim is not None}


def leaves_its_folder(name: str) -> bool:
    """Whether a file of this name would lie elsewhere than in the folder it is put into, or nowhere."""
    parts = name.split("/")
    return "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts)


def _check_ids(dataset: Dataset) -> None:
    """An id names a case's answer files, so it must be unique, in upper or lower case too."""
    seen: dict[str, str] = {}
    for case in dataset.cases:
        if leaves_its_folder(case.id):
            what = f"has a case named {case.id!r}, which is no name that files can have"
            raise refuse(dataset.where, what, "Name cases without '..', backslashes or a leading slash.")
        key = case.id.lower()
        if key in seen:
            other = seen[key]
            what = f"has two cases whose answers would share a name, {other!r} and {case.id!r}"
            raise refuse(dataset.where, what, "Give each case a name of its own.")
        seen[key] = case.id
