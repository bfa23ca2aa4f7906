"""Where the labels of a label map lie: how large, around which place, in which box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

MOST_LISTED = 2**16


@dataclass(frozen=True)
class Shape:
    """The extent of one label: its elements, its centroid as an index, and its box of indices, `high` inclusive."""

    elements: int
    centroid: tuple[float, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]

    @property
    def box(self) -> tuple[slice, ...]:
        """What cuts the box out of the label map."""
        return tuple(slice(a, b + 1) for a, b in zip(self.low, self.high, strict=True))


def shapes_of(array: NDArray[np.integer] | NDArray[np.bool_]) -> dict[int, Shape]:
    """The extent of each value of a label map (*shape) but 0; of a mask, that of its 1."""
    if array.size == 0:
        return {}
    numbers, values = _numbered(array)
    found = {}
    for number, box in enumerate(ndimage.find_objects(numbers), start=1):
        if box is not None:
            low = tuple(side.start for side in box)
            found[values(number)] = _shape(numbers[box] == number, low)
    return dict(sorted(found.items()))


def _numbered(array: NDArray[Any]) -> tuple[NDArray[np.integer], Callable[[int], int]]:
    """Values as numbers from 1 that boxes can be listed by, and the way back: a list of large values would be long."""
    if array.dtype == bool:
        return array.view(np.uint8), int
    if array.min() >= 0 and array.max() <= MOST_LISTED:
        return array, int
    values, numbers = np.unique(array, return_inverse=True)
    return np.where(array == 0, 0, numbers.reshape(array.shape) + 1), lambda number: int(values[number - 1])


def _shape(mask: NDArray[np.bool_], low: tuple[int, ...]) -> Shape:
    """The extent of a mask that begins at the indices `low` and fills its box."""
    elements = int(np.count_nonzero(mask))
    middles = []
    for axis, n in enumerate(mask.shape):
        planes = [np.count_nonzero(mask[(slice(None),) * axis + (at,)]) for at in range(n)]
        middles.append(low[axis] + float(np.dot(planes, np.arange(n))) / elements)
    high = tuple(start + n - 1 for start, n in zip(low, mask.shape, strict=True))
    return Shape(elements, tuple(middles), low, high)
