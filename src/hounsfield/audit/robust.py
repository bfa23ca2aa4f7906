"""Which of many numbers do not belong to the others: medians, so that the odd ones do not hide themselves."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

Key = TypeVar("Key", bound=Hashable)

FEWEST = 5
"""Of fewer cases nobody can say which is the odd one."""

NEARLY_ALL = 0.95


def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A standard deviation from the middle half of the values (N, ...), wider where they are few: (...)."""
    deviation = 1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0)
    return np.asarray(deviation * (1 + 4 / max(1, len(values))))  # a median of five deviations is often far too small


def outliers(numbers: Mapping[Key, float], *, floor: float, times: float, most: float = 0.2) -> dict[Key, float]:
    """The odd ones among the numbers, each with how sure that is (0.5 to 1).

    Odd is what lies more than `times` spreads from the median; `floor` is the smallest spread that counts. Where more
    than a share `most` would be odd, they are another kind rather than odd, and none is named.
    """
    known = {key: value for key, value in numbers.items() if np.isfinite(value)}
    if len(known) < FEWEST:
        return {}
    values = np.array(list(known.values()))
    away = np.abs(values - np.median(values)) / max(float(spread(values)), floor)
    is_odd = away > times
    if is_odd.mean() > most:
        return {}
    return {key: 1 - 0.5 * times / float(a) for key, a, odd in zip(known, away, is_odd, strict=True) if odd}
