"""Points in a label map: a landmark is one voxel whose value is its number, or the centre of all voxels of the value.

So the Spinal Cord Toolbox keeps discs and levels. Such a map is never resampled: its points are taken to the world.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.nifti import read_labels
from hounsfield.formats.points import PRESENT, named_points
from hounsfield.values import Grid, Points, refuse

MOST = 1000
"""A map of more values than this is an image: no body has as many landmarks."""


def read_points(path: Path, grid: Grid | None = None, *, names: Mapping[int, str] | None = None) -> Points:
    """A point for each value but 0 of a NIfTI file: the mean place of its voxels in the world, in order of the values.

    names: value -> name; a value without one is named by its number. grid: not needed, the map has its own.
    """
    array, own = read_labels(Path(path))
    sums: dict[int, NDArray[np.float64]] = {}  # value -> how many voxels, and the sum of their indices along each axis
    for k in range(array.shape[-1]):  # by slices, so that a large map takes no more memory than one of them
        index = np.argwhere(array[..., k])
        values, which = np.unique(array[..., k][tuple(index.T)], return_inverse=True)
        columns = [np.ones(len(index)), *index.T, np.full(len(index), k)]
        for value, more in zip(values, np.stack([np.bincount(which, c, len(values)) for c in columns]).T, strict=True):
            sums[int(value)] = sums.get(int(value), 0.0) + more
        if len(sums) > MOST:
            raise refuse(path, f"holds more than {MOST} different values, so it is an image", "Give a map of points.")
    found = sorted(sums)
    centres = np.array([sums[value][1:] / sums[value][0] for value in found]).reshape(-1, own.ndim)
    said = [(names or {}).get(value, str(value)) for value in found]
    return named_points(path, said, own.to_world(centres), [PRESENT] * len(found), d=own.ndim)
