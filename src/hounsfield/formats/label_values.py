"""Label values as they are stored in files that could hold anything."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.values import refuse

LARGEST_LABEL = 2**31 - 1


def whole_numbers(where: object, values: NDArray[Any]) -> NDArray[np.integer]:
    """Label values in the smallest type of integers that holds them. Refuses fractions, NaN and enormous numbers."""
    if values.dtype.kind == "f":
        if not np.all(np.isfinite(values)) or np.any(values != np.rint(values)):
            remedy = "Give whole numbers: resample labels by nearest neighbour, threshold probabilities."
            raise refuse(where, "holds values that are no label numbers (fractions or NaN)", remedy)
    elif values.dtype.kind not in "iub":
        raise refuse(where, f"holds {values.dtype}, which are no label numbers", "Give whole numbers.")
    low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
    if low < -LARGEST_LABEL or high > LARGEST_LABEL:
        raise refuse(where, f"holds the label {high if high > LARGEST_LABEL else low}", "Number the labels from 1.")
    smallest = np.result_type(np.min_scalar_type(low), np.min_scalar_type(high))
    return np.ascontiguousarray(values.astype(smallest, copy=False))
