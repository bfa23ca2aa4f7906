"""Arrays looked at in parts, so that no volume need be in memory as a whole in floating point."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.values import ArraySource

MOST = 2**20
"""Elements of a part, as long as one plane has no more: 8 MiB in double precision."""


def slabs(source: ArraySource) -> Iterator[tuple[slice, NDArray[Any]]]:
    """An array (C, *shape) in parts along its last axis, each with where it lies: (C, *shape[:-1], part).

    Along the last axis, because that is the slowest one in the files of volumes.
    """
    *others, planes = source.shape
    step = max(1, MOST // max(1, math.prod(others)))
    for start in range(0, planes, step):
        part = slice(start, min(start + step, planes))
        yield part, source.slab(len(others), part.start, part.stop)


def evenly(source: ArraySource, count: int) -> NDArray[np.float32]:
    """Elements of each channel (C, n) in index order, evenly spread over the grid.

    n is all of them where they are fewer than `count`, else `count` to twice as many.
    """
    shape = source.shape[1:]
    size = math.prod(shape)
    *across, along = np.unravel_index(np.arange(0, size, max(1, size // count)), shape)
    taken = np.empty((source.shape[0], len(along)), np.float32)
    for part, values in slabs(source):
        is_here = (along >= part.start) & (along < part.stop)
        at = (*(axis[is_here] for axis in across), along[is_here] - part.start)
        taken[:, is_here] = values[(slice(None), *at)]
    return taken


def tally(array: NDArray[np.integer]) -> dict[int, int]:
    """How often each value of a label map occurs, the values in order; no second array of its size is made."""
    counts = Counter[int]()
    step = max(1, MOST // max(1, math.prod(array.shape[1:])))
    for start in range(0, len(array), step):
        part = array[start : start + step]
        if part.dtype == np.uint8:  # as nearly all are; several times as fast as sorting
            times = np.bincount(part.reshape(-1))
            values = np.flatnonzero(times)
            times = times[values]
        else:
            values, times = np.unique(part, return_counts=True)
        counts.update(dict(zip(values.tolist(), times.tolist(), strict=True)))
    return dict(sorted(counts.items()))
