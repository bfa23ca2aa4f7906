"""A label map of several masks, one for each structure: put together one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import sha256_of
from hounsfield.layouts import lazies
from hounsfield.values import Grid, LabelMap, Lazy, Problem, Refused, refuse


def structures(masks: Mapping[str, Path], image: Path, *, names: Sequence[str], where: str) -> Lazy[LabelMap]:
    """The structures of a case: the first of `names` has the value 1; those without a mask are drawn nowhere.

    No more is held than the label map and one mask. Loading refuses masks that hold more than a structure, that do not
    lie on the image's grid, and that share voxels: which of two structures is there can not be told.
    """
    labels = dict(enumerate(names, start=1))
    there = {value: masks[name] for value, name in labels.items() if name in masks}

    def load() -> LabelMap:
        grid = lazies.format_of(image).read_grid(image)
        array = np.zeros(grid.shape, np.min_scalar_type(len(names)))
        shared: list[Problem] = []
        for value, path in there.items():
            before = _draw(_mask(path, grid, image), array, value)
            for other in map(int, np.flatnonzero(before)):
                what = f"covers {before[other]} voxels that {there[other]} covers too"
                remedy = "Take the inner structure out of the outer, so that each voxel is of one."
                shared.append(Problem(str(path), what, remedy))
        if shared:
            raise Refused(shared)
        return LabelMap(array, grid, labels)

    def digest() -> str:
        said = "\n".join(f"{value}:{labels[value]}:{sha256_of(path)}" for value, path in there.items())
        return hashlib.sha256(said.encode()).hexdigest()

    return Lazy(LabelMap, where, load, digest, files=tuple(there.values()))


def _mask(path: Path, grid: Grid, image: Path) -> lazies.Labels:
    """A mask on the image's grid. Refuses one that lies elsewhere, or holds anything but 0 and 1, or 0 and 255."""
    mask, found = lazies.format_of(path).read_labels(path)
    if not found.close_to(grid):
        lazies.same_grid(path, found, image)
    low, high = int(mask.min()), int(mask.max())
    is_255 = high == 255 and all(np.all((plane == 0) | (plane == high)) for plane in mask)
    if low < 0 or not (high <= 1 or is_255):
        what = f"holds other values than 0 and 1, which a mask of one structure has: {low} to {high}"
        raise refuse(path, what, "Give each structure a file of its own, drawn with 1.")
    return mask


def _draw(mask: lazies.Labels, array: lazies.Labels, value: int) -> NDArray[np.int64]:
    """Give a mask's voxels a value, plane by plane; how many of them each smaller value had before, by value."""
    before = np.zeros(value, np.int64)
    for drawn, plane in zip(mask, array, strict=True):
        inside = drawn > 0
        if inside.any():
            before += np.bincount(plane[inside], minlength=value)
            plane[inside] = value
    before[0] = 0  # nothing was there
    return before
