"""Where the labels of a label map lie: how large, around which place, in which box."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

PART = 2**20  # elements looked at together


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


def shapes_of(array: NDArray[np.integer]) -> dict[int, Shape]:
    """The extent of each value of a label map (*shape) but 0."""
    tallies: dict[int, list[Any]] = {}
    step = max(1, PART // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), step):
        part = array[start : start + step]
        at = np.stack(np.nonzero(part))
        values, which = np.unique(part[tuple(at)], return_inverse=True)
        at[0] += start
        counts = np.bincount(which, minlength=len(values))
        sums = np.stack([np.bincount(which, axis, len(values)) for axis in at], axis=1)
        low = np.full((len(values), len(at)), np.iinfo(np.int64).max)
        high = np.full((len(values), len(at)), -1)
        np.minimum.at(low, which, at.T)
        np.maximum.at(high, which, at.T)
        for number, value in enumerate(values):
            _tally(tallies, int(value), counts[number], sums[number], low[number], high[number])
    return {value: _shape(*tallies[value]) for value in sorted(tallies)}


def _tally(tallies: dict[int, list[Any]], value: int, count: Any, total: Any, low: Any, high: Any) -> None:
    before = tallies.get(value)
    if before is None:
        tallies[value] = [count, total, low, high]
    else:
        tallies[value] = [before[0] + count, before[1] + total, np.minimum(before[2], low), np.maximum(before[3], high)]


def _shape(count: Any, total: Any, low: Any, high: Any) -> Shape:
    return Shape(
        elements=int(count),
        centroid=tuple(float(x) for x in total / count),
        low=tuple(int(x) for x in low),
        high=tuple(int(x) for x in high),
    )
