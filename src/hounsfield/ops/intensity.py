"""Intensities: ranges, windows and normalisation, safe on constant images and on values that are missing."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray


def robust_range(array: NDArray[Any], low: float = 0.005, high: float = 0.995) -> tuple[float, float]:
    """Two quantiles of the finite values; (0, 0) where there are none."""
    finite = array[np.isfinite(array)]
    if finite.size == 0:
        return 0.0, 0.0
    below, above = np.quantile(finite, (low, high))
    return float(below), float(above)


def zscore(array: NDArray[Any], mask: NDArray[np.bool_] | None = None) -> NDArray[np.float32]:
    """Mean 0 and standard deviation 1 over the finite values (of the mask, if given); a constant becomes 0."""
    finite = np.isfinite(array)
    measured = array[finite if mask is None else finite & mask]
    if measured.size == 0:
        return np.zeros(array.shape, np.float32)
    return _standardised(array, float(measured.mean(dtype=np.float64)), float(measured.std(dtype=np.float64)))


def window(array: NDArray[Any], low: float, high: float) -> NDArray[np.float32]:
    """Clipped to low..high and brought to 0..1 (a radiologist's window); 0 where low is high."""
    clipped = np.clip(array, low, high).astype(np.float32)
    return (clipped - np.float32(low)) / np.float32(high - low) if high > low else np.zeros_like(clipped)


def normalise(
    channels: NDArray[Any],
    how: Literal["zscore", "range", "ct"],
    *,
    low: ArrayLike | None = None,
    high: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    sd: ArrayLike | None = None,
) -> NDArray[np.float32]:
    """Channels (C, ...) ready for a network, float32, each normalised for itself.

    zscore: by its own mean and standard deviation.  range: low..high to 0..1, its robust range where they are not
    given.  ct: clipped to low..high, then by mean and sd, all four of the training set (nnU-Net's scheme: the unit is
    the same in every scan).  The four are numbers, or one a channel.  What is not finite counts as missing: it is
    filled with the median of its channel, 0 in a channel without values.
    """
    out = np.empty(channels.shape, np.float32)
    per_channel = [_spread(value, len(channels)) for value in (low, high, mean, sd)]
    for c, raw in enumerate(channels):
        filled = _filled(raw)
        below, above, middle, spread = (None if values is None else values[c] for values in per_channel)
        if how == "zscore":
            out[c] = zscore(filled)
        elif how == "range":
            measured = robust_range(filled)
            out[c] = window(filled, measured[0] if below is None else below, measured[1] if above is None else above)
        elif how == "ct":
            if below is None or above is None or middle is None or spread is None:
                raise ValueError('"ct" needs low, high, mean and sd')
            out[c] = _standardised(np.clip(filled, below, above), middle, spread)
        else:
            raise ValueError(f"{how!r} is not a normalisation: zscore, range or ct")
    return out


def _standardised(array: NDArray[Any], mean: float, sd: float) -> NDArray[np.float32]:
    # a constant image has the rounding error of its mean as deviation: that is no contrast
    if not sd > 1e-6 * max(abs(mean), 1e-30):
        return np.zeros(array.shape, np.float32)
    centred = np.subtract(array, mean, dtype=np.float64 if array.dtype == np.float64 else np.float32)
    return (centred / sd).astype(np.float32, copy=False)


def _filled(channel: NDArray[Any]) -> NDArray[Any]:
    missing = ~np.isfinite(channel)
    if not missing.any():
        return channel
    return np.where(missing, np.median(channel[~missing]) if not missing.all() else 0.0, channel)


def _spread(value: ArrayLike | None, channels: int) -> list[float] | None:
    if value is None:
        return None
    return [float(v) for v in np.broadcast_to(np.asarray(value, np.float64), (channels,))]
