"""A label map of several masks, one for each structure: put together one after the other."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import sha256_of
from hounsfield.layouts import lazies
from hounsfield.values import Grid, LabelMap, Lazy, refuse

INSIDE = 0.95
"""A structure that shares more of its voxels with one other, or with all, lies in them: nothing is left to know."""


@dataclass(frozen=True, eq=False, repr=False)
class Structures(LabelMap):
    """A label map put together; what several structures cover is unknown (`ignore`).

    sizes: voxels of each structure's mask.  shared: pair of structures -> voxels that both cover; of three or more in
    one place, each is counted with the first.
    """

    sizes: Mapping[str, int] = field(default_factory=dict)
    shared: Mapping[tuple[str, str], int] = field(default_factory=dict)


def structures(masks: Mapping[str, Path], image: Path, *, names: Sequence[str], where: str) -> Lazy[LabelMap]:
    """The structures of a case: the first of `names` has the value 1; those without a mask are drawn nowhere.

    No more is held than the label map and one mask. Where masks share voxels nobody knows which structure is there, so
    these are unknown. Loading refuses a mask that holds more than one structure, that does not lie on the image's grid,
    or that lies inside another, or others together, as a whole.
    """
    labels = dict(enumerate(names, start=1))
    there = {value: masks[name] for value, name in labels.items() if name in masks}
    unknown = len(labels) + 1

    def load() -> LabelMap:
        grid = lazies.format_of(image).read_grid(image)
        # a voxel that several cover has the first one's value and `behind` until all are drawn
        behind = len(labels)
        array = np.zeros(grid.shape, np.min_scalar_type(max(unknown, 2 * behind)))
        sizes: dict[int, int] = {}
        shared: dict[tuple[int, int], int] = {}
        for value, path in there.items():
            sizes[value], counts = _draw(_mask(path, grid, image), array, value, behind)
            for other in map(int, np.flatnonzero(counts)):
                _refuse_inside(there, sizes, (other, value), int(counts[other]))
                shared[other, value] = int(counts[other])
        _refuse_covered(there, sizes, shared, array)
        array[array > behind] = unknown
        return Structures(
            array.astype(np.min_scalar_type(unknown), copy=False),
            grid,
            labels,
            ignore=unknown if shared else None,
            sizes={labels[value]: size for value, size in sizes.items()},
            shared={(labels[a], labels[b]): count for (a, b), count in shared.items()},
        )

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


def _draw(mask: lazies.Labels, array: lazies.Labels, value: int, behind: int) -> tuple[int, NDArray[np.intp]]:
    """Draw a mask, plane by plane; its voxels, and how many of them each value covered first."""
    size, counts = 0, np.zeros(2 * behind + 1, np.intp)
    for drawn, plane in zip(mask, array, strict=True):
        inside = drawn > 0
        if inside.any():
            before = plane[inside]
            size += before.size
            counts += np.bincount(before, minlength=counts.size)
            plane[inside] = np.where(before == 0, value, np.where(before > behind, before, before + behind))
    first = np.append(0, counts[1 : behind + 1] + counts[behind + 1 :])
    return size, first


def _refuse_inside(there: Mapping[int, Path], sizes: Mapping[int, int], pair: tuple[int, int], count: int) -> None:
    """Refuses a pair of which the smaller lies in the larger."""
    inner, outer = sorted(pair, key=lambda value: sizes[value])
    if count > INSIDE * sizes[inner]:
        what = f"lies inside {there[outer]}: {count} of its {sizes[inner]} voxels are the other's too"
        raise refuse(there[inner], what, "Take it out of the outer one, so that each voxel is of one structure.")


def _refuse_covered(
    there: Mapping[int, Path], sizes: Mapping[int, int], shared: Mapping[tuple[int, int], int], array: lazies.Labels
) -> None:
    """Refuses a structure of which several others together leave nothing."""
    alone = np.sum([np.bincount(plane.reshape(-1), minlength=max(there) + 1)[: max(there) + 1] for plane in array], 0)
    for value, size in sizes.items():
        covered = size - int(alone[value])
        if covered > INSIDE * size:
            others = {a if b == value else b: count for (a, b), count in shared.items() if value in (a, b)}
            first, second = (there[other].name for other in sorted(others, key=lambda other: -others[other])[:2])
            what = f"lies inside others together, most in {first} and {second}: {covered} of its {size} voxels"
            raise refuse(there[value], what, "Take it out of the outer ones, so that each voxel is of one structure.")
