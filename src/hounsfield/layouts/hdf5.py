"""A file for each case, with its image and its labels in it: .h5 or .hdf5 with data sets `image`, `label`, `scribble`.

As in prepared sets of ACDC and BraTS, in one folder or in several, whose names may say the part of the split; of
folders of slices and of volumes the first are read. A scribble is a label map that marks a few strokes and leaves the
rest unknown, by a value of its own (4 in ACDC). Where a file has both, the full labels are the truth unless `--target
scribble` asks for the strokes. Slices and frames of one patient (patient001_frame01_slice_0) belong together.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from hounsfield.formats.files import stem_of, suffix_of
from hounsfield.formats.hdf5 import (
    Hdf5Source,
    by_role,
    list_numbers,
    parts_of,
    read_label_numbers,
    read_numbers,
)
from hounsfield.formats.hdf5_file import Numbers
from hounsfield.layouts.folders import all_files, common_folder, ids_of, part_of, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.owners import owner_of
from hounsfield.values import Case, Dataset, Image, LabelMap, Lazy, Problem, Refused, Truth, refuse
from hounsfield.values.wording import count

SUFFIXES = (".h5", ".hdf5")
SAMPLE = 8
"""So many files are looked into to tell the convention, and to tell which value of a scribble says "unknown"."""

Held = dict[Path, dict[str, Numbers]]
"""What each file holds."""


@dataclass(frozen=True)
class Hdf5:
    """The layout."""

    name: str = "hdf5"

    def detect(self, folder: Path) -> Claim | None:
        """Sure as the share of a few files that hold an image and labels; half sure where h5py is not there to look."""
        files = _files(folder)
        if not files:
            return None
        some = _sample(files)
        if find_spec("h5py") is None:
            return Claim(0.65, f"{count(len(files), 'HDF5 file')}, which no one can look into without h5py")
        inside = [_inside(path) for path in some]
        fitting = sum(bool(roles["image"] and (roles["label"] or roles["scribble"])) for roles in inside)
        if not fitting:
            return None
        why = f"of {count(len(some), 'HDF5 file')} looked into, {fitting} with an image and its labels"
        root = common_folder(files) if folder.is_dir() else None
        return Claim(0.5 + 0.4 * fitting / len(some), why, root=root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a label map, a scribble, or both; files without are listed as problems."""
        files = _files(folder)
        if not files:
            raise refuse(folder, "has no .h5 or .hdf5 files", "Name the folder that holds them.")
        held, refused = _look_into(files)
        files, notes = _of_one_kind(folder, files, held)
        unknown, has_strokes = _unknown_value(files)
        what = "labels, and scribbles that --target scribble takes instead" if has_strokes else "labels"
        cases, problems = [], list[Problem]()
        if has_strokes and unknown is None:
            remedy = "Mark it by a value of its own, higher than those of all classes."
            problems.append(Problem(str(folder), "holds scribbles that do not tell what is not marked", remedy))
        ids, patients = ids_of(files, folder), _patients(files, folder)
        for path in files:
            try:
                if path in refused:
                    raise refused[path]
                inputs, truths = _values(path, held[path], unknown, options)
            except Refused as refusal:
                problems += [replace(problem, case=ids[path]) for problem in refusal.problems]
                continue
            split = part_of(path, folder) if folder.is_dir() else None
            cases.append(Case(ids[path], inputs, truths, patient=patients[path], split=split))
            if not truths:
                said = f"holds no labels ({', '.join(list(held[path])[:6])})"
                problems.append(Problem(str(path), said, "Name its data set `label`.", ids[path]))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation",
            task_why=f"each file holds an image and its {what}",
            problems=tuple(problems),
            notes=notes,
            unclaimed=unclaimed(folder, files) if folder.is_dir() else (),
        )


LAYOUT = Hdf5()


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return [folder] if suffix_of(folder) in SUFFIXES and folder.is_file() else []
    return [path for path in all_files(folder) if suffix_of(path) in SUFFIXES]


def _look_into(files: Sequence[Path]) -> tuple[Held, dict[Path, Refused]]:
    """What each file holds, and why the others can not be looked into."""
    held, refused = Held(), dict[Path, Refused]()
    for path in files:
        try:
            held[path] = list_numbers(path)
        except Refused as refusal:
            refused[path] = refusal
    return held, refused


def _of_one_kind(folder: Path, files: Sequence[Path], held: Held) -> tuple[list[Path], tuple[str, ...]]:
    """The files of the first folder and of those whose images have as many axes, and what is said of other folders.

    ACDC has each patient twice: as slices, and as volumes in a folder beside them.
    """
    axes: dict[Path, int] = {}
    for path, numbers in held.items():
        images = by_role(numbers)["image"]
        if images:
            axes.setdefault(path.parent, len(numbers[images[0]].shape))
    usual = next(iter(axes.values()), 0)
    others = {at: count for at, count in axes.items() if count != usual}
    notes = (
        f"{at.relative_to(folder).as_posix()}: images of {count} axes beside others of {usual}, left out"
        for at, count in others.items()
    )
    return [path for path in files if path.parent not in others], tuple(notes)


def _patients(files: Sequence[Path], folder: Path) -> dict[Path, str]:
    """Whose each file is: by its name, and by its folder too where two folders hold the same name."""
    names = {path: owner_of(stem_of(path)) for path in files}
    if len({stem_of(path).lower() for path in files}) == len(files):
        return names
    return {path: "_".join((*path.relative_to(folder).parts[:-1], name)) for path, name in names.items()}


def _sample(files: Sequence[Path]) -> Sequence[Path]:
    return files[:: max(1, -(-len(files) // SAMPLE))]


def _inside(path: Path) -> dict[str, list[str]]:
    try:
        return by_role(list_numbers(path))
    except Refused:
        return by_role({})  # its own case says so when the folder is read


def _values(
    path: Path, numbers: Mapping[str, Numbers], unknown: int | None, options: ReadOptions
) -> tuple[dict[str, Lazy[Image]], dict[str, Truth]]:
    """The inputs and the truths of a file. Refuses one without an image."""
    roles = by_role(numbers)
    images = roles["image"]
    if not images:
        held = ", ".join(list(numbers)[:6]) or "nothing of numbers"
        raise refuse(path, f"holds no data set named as an image ({held})", "Name it `image`.")
    inputs = {"image" if len(images) == 1 else name.lower(): _image(path, numbers[name]) for name in images}
    names, ignore = roles["label"], None
    if unknown is not None and roles["scribble"] and (options.target == "scribble" or not names):
        names, ignore = roles["scribble"], unknown
    truths = {}
    for name in names[:1]:
        labels = _labels(path, numbers[name], numbers[images[0]], ignore)
        truths["labels"] = Truth(labels, of=next(iter(inputs)), rater="scribble" if ignore is not None else None)
    return inputs, truths


def _image(path: Path, numbers: Numbers) -> Lazy[Image]:
    said = repr(Hdf5Source(path, numbers).shape)
    where = f"{path}::{numbers.name}"
    return Lazy(Image, where, lambda: read_numbers(path, numbers), lambda: _digest(path, numbers, said), files=(path,))


def _labels(path: Path, numbers: Numbers, image: Numbers, ignore: int | None) -> Lazy[LabelMap]:
    where = f"{path}::{numbers.name}"

    def load() -> LabelMap:
        array, _ = read_label_numbers(path, numbers)
        grid = read_numbers(path, image).grid
        if grid.shape != array.shape:
            what = f"has the shape {_times(array.shape)}, but {image.name} beside it has {_times(grid.shape)}"
            raise refuse(where, what, "Write labels of the image's own shape.")
        values = (int(value) for value in np.unique(array) if value and value != ignore)
        return LabelMap(array, grid, {value: f"label_{value}" for value in values}, ignore=ignore)

    return Lazy(LabelMap, where, load, lambda: _digest(path, numbers, repr((numbers.shape, ignore))), files=(path,))


def _digest(path: Path, numbers: Numbers, said: str) -> str:
    """Identity of a data set by its numbers, whatever else the file holds; it is read part by part."""
    sha256 = hashlib.sha256(said.encode())
    for part in parts_of(path, numbers):
        sha256.update(np.ascontiguousarray(part).reshape(-1).view(np.uint8).data)
    return sha256.hexdigest()


def _unknown_value(files: Sequence[Path]) -> tuple[int | None, bool]:
    """The value of scribbles that says "not marked", and whether there are scribbles at all.

    It is the highest one, where labels do not have it or most pixels do; None where that does not hold.
    """
    labels, strokes = set[int](), dict[int, int]()
    for path in _sample(files):
        try:
            numbers = list_numbers(path)
            roles = by_role(numbers)
            for name in roles["scribble"][:1]:
                values, counts = np.unique(read_label_numbers(path, numbers[name])[0], return_counts=True)
                for value, count in zip(values.tolist(), counts.tolist(), strict=True):
                    strokes[value] = strokes.get(value, 0) + count
                for label in roles["label"][:1]:
                    labels |= set(np.unique(read_label_numbers(path, numbers[label])[0]).tolist())
        except Refused:
            continue  # its own case says so when it is read
    if not strokes:
        return None, False
    highest = max(strokes)
    is_unmarked = highest > 0 and ((labels and highest not in labels) or strokes[highest] > sum(strokes.values()) / 2)
    return highest if is_unmarked else None, True


def _times(shape: tuple[Any, ...]) -> str:
    return "x".join(map(str, shape))
