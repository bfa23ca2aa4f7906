"""Label numbers: from whatever type of number a file holds, to the smallest that is enough."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.stored import StoredVolume
from hounsfield.values import refuse
from hounsfield.values.order import contiguous

LARGEST_LABEL = 2**31 - 1


def label_values(volume: StoredVolume) -> NDArray[np.integer]:
    """The label values (*grid.shape) of a volume, in the smallest type of integers that holds them.

    Integers stored as floats are accepted; fractions, NaN and several channels are refused.
    """
    path = volume.stored.path
    if volume.count != 1:
        raise refuse(path, f"has {volume.count} channels; a label map has one", "Give one value for each voxel.")
    return whole_numbers(path, volume.slab(0, 0, 1)[0], tolerance=1e-4 if volume.is_scaled else 0.0)


def whole_numbers(where: object, values: NDArray[Any], *, tolerance: float = 0.0) -> NDArray[np.integer]:
    """Label values in the smallest type of integers that holds them. Refuses fractions, NaN and enormous numbers.

    tolerance: how far from whole numbers the arithmetic of a file may have brought them.
    """
    if values.dtype.kind == "f":
        rounded = np.rint(values)
        if not np.all(np.isfinite(values)) or np.abs(values - rounded).max(initial=0.0) > tolerance:
            remedy = "Give whole numbers: resample labels by nearest neighbour, threshold probabilities."
            raise refuse(where, "holds values that are no label numbers (fractions or NaN)", remedy)
        values = rounded
    elif values.dtype.kind not in "iub":
        raise refuse(where, f"holds {values.dtype}, which are no label numbers", "Give whole numbers.")
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if low < -LARGEST_LABEL or high > LARGEST_LABEL:
        raise refuse(where, f"holds the label {high if high > LARGEST_LABEL else low}", "Number the labels from 1.")
    return contiguous(values, _integers(low, high))


def smallest(array: NDArray[np.generic]) -> NDArray[np.integer]:
    """Label values in the smallest type of integers that holds them, unsigned where none is negative."""
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    return array.astype(_integers(low, high))


def _integers(low: int, high: int) -> np.dtype:
    return np.result_type(np.min_scalar_type(low), np.min_scalar_type(high))
