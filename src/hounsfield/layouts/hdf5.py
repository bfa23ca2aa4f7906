"""A file for each case, with its image and its labels in it: .h5 or .hdf5 with data sets `image`, `label`, `scribble`.

As in prepared sets of ACDC and BraTS. A scribble is a label map that marks a few strokes and leaves the rest unknown,
by a value of its own (4 in ACDC). Where a file has both, the full labels are the truth unless `--target scribble` asks
for the strokes. Slices and frames of one patient (patient001_frame01_slice_0) belong together.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from hounsfield.formats.files import stem_of, suffix_of
from hounsfield.formats.hdf5 import Numbers, by_role, list_numbers, read_label_numbers, read_numbers
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import files_in, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.values import Case, Dataset, Image, LabelMap, Lazy, Problem, Refused, Truth, refuse

SUFFIXES = (".h5", ".hdf5")
SAMPLE = 8
"""So many files are looked into to tell the convention, and to tell which value of a scribble says "unknown"."""

PART_OF_PATIENT = re.compile(r"(?:[_-](?:frame|slice|phase|time|ed|es)[_-]?\d*)+$", re.IGNORECASE)


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
            return Claim(0.65, f"there are {len(files)} HDF5 files, which can not be looked into without h5py")
        inside = [_inside(path) for path in some]
        fitting = sum(bool(roles["image"] and (roles["label"] or roles["scribble"])) for roles in inside)
        if not fitting:
            return None
        why = f"{fitting} of {len(some)} HDF5 files looked into hold an image and its labels"
        return Claim(0.5 + 0.4 * fitting / len(some), why)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a label map, a scribble, or both; files without are listed as problems."""
        files = _files(folder)
        if not files:
            raise refuse(folder, "has no .h5 or .hdf5 files", "Name the folder that holds them.")
        unknown, has_strokes = _unknown_value(files)
        what = "labels, and scribbles that --target scribble takes instead" if has_strokes else "labels"
        cases, problems = [], list[Problem]()
        if has_strokes and unknown is None:
            remedy = "Mark it by a value of its own, higher than those of all classes."
            problems.append(Problem(str(folder), "holds scribbles that do not tell what is not marked", remedy))
        for path in files:
            try:
                numbers = list_numbers(path)
                cases.append(_case(path, numbers, by_role(numbers), unknown, options))
            except Refused as refusal:
                problems += refusal.problems
                continue
            if not cases[-1].truths:
                held = ", ".join(list(numbers)[:6])
                problems.append(Problem(str(path), f"holds no labels ({held})", "Name its data set `label`."))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation",
            task_why=f"each file holds an image and its {what}",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, files) if folder.is_dir() else (),
        )


LAYOUT = Hdf5()


def _files(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return [folder] if suffix_of(folder) in SUFFIXES and folder.is_file() else []
    found = ([path for path in files_in(root) if suffix_of(path) in SUFFIXES] for root in roots(folder))
    return next((files for files in found if files), [])


def _sample(files: Sequence[Path]) -> Sequence[Path]:
    return files[:: max(1, -(-len(files) // SAMPLE))]


def _inside(path: Path) -> dict[str, list[str]]:
    try:
        return by_role(list_numbers(path))
    except Refused:
        return by_role({})  # its own case says so when the folder is read


def _case(
    path: Path, numbers: dict[str, Numbers], roles: dict[str, list[str]], unknown: int | None, options: ReadOptions
) -> Case:
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
    return Case(stem_of(path), inputs, truths, patient=PART_OF_PATIENT.sub("", stem_of(path)))


def _image(path: Path, numbers: Numbers) -> Lazy[Image]:
    def load() -> Image:
        return read_numbers(path, numbers)

    def content() -> bytes:
        image = load()
        return repr(image.source.shape).encode() + image.array(image.source.dtype).tobytes()

    return lazies.computed(Image, f"{path}::{numbers.name}", load, content)


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

    def content() -> bytes:
        array, _ = read_label_numbers(path, numbers)
        return repr((array.shape, ignore)).encode() + array.tobytes()

    return lazies.computed(LabelMap, where, load, content)


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
