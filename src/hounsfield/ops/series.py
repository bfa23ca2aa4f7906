"""Irregular measurements on a regular axis of time."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def binned(times: NDArray[np.float64], values: NDArray[np.floating], *, step: float, bins: int) -> NDArray[np.float32]:
    """Means over bins of `step` from time 0 on: times (T,) and values (T, C) -> (bins, C), NaN where nothing is.

    What was measured before time 0 belongs to the first bin, what was measured at the very end to the last one; what
    was measured later is left out.  Repeated times are several measurements of one bin.
    """
    place = np.floor(times / step).astype(np.int64)
    place = np.clip(np.where(times == step * bins, bins - 1, place), 0, bins)  # one bin more holds what is left out
    measured = np.isfinite(values)
    total, count = (np.zeros((bins + 1, values.shape[1])) for _ in range(2))
    np.add.at(total, place, np.where(measured, values, 0.0))
    np.add.at(count, place, measured)
    means = np.full_like(total, np.nan)
    np.divide(total, count, out=means, where=count > 0)
    return means[:bins].astype(np.float32)


def intervals(mask: NDArray[Any], *, step: float) -> NDArray[np.float32]:
    """Time since each channel was last measured, up to the step before: mask (..., T, C) -> (..., T, C).

    0 at the first step; then the step, added to the interval before where nothing was measured then (Che et al. 2018,
    the definition of the time interval).
    """
    delta = np.zeros(mask.shape, np.float32)
    for t in range(1, mask.shape[-2]):
        delta[..., t, :] = step + np.where(mask[..., t - 1, :] > 0, 0.0, delta[..., t - 1, :])
    return delta
