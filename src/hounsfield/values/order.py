"""The order of an array's numbers in memory."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

BLOCK = 32
"""Elements along an axis that are copied together: what they touch on both sides fits into a processor's cache."""


def contiguous(array: NDArray[Any], dtype: DTypeLike | None = None) -> NDArray[Any]:
    """The array with its last axis the fastest, as numpy's own function of that name, several times as fast.

    Files have their first axis the fastest. Turned as a whole, each number costs a line of memory; in blocks, a line
    once fetched serves all its numbers.
    """
    dtype = array.dtype if dtype is None else np.dtype(dtype)
    if array.flags.c_contiguous or array.ndim < 3:
        return np.ascontiguousarray(array, dtype)
    turned = np.empty(array.shape, dtype)
    starts = [range(0, n, BLOCK) for n in array.shape[-2:]]
    for j, k in product(*starts):
        block = (..., slice(j, j + BLOCK), slice(k, k + BLOCK))
        turned[block] = array[block]
    return turned
