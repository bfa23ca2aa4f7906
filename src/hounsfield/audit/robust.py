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

GAP = 2.0  # spreads


def spread(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """A standard deviation from the middle half of the values (N, ...), wider where they are few: (...)."""
    deviation = 1.4826 * np.median(np.abs(values - np.median(values, axis=0)), axis=0)
    # few values often lie close together by chance: of five normal ones 0.2 % are then beyond five spreads
    return np.asarray(deviation * (1 + 80 / max(1, len(values)) ** 2))


def outliers(numbers: Mapping[Key, float], *, floor: float, times: float, most: float = 0.2) -> dict[Key, float]:
    """The odd ones among the numbers, each with how sure that is (0.5 to 1).

    Odd is what lies more than `times` spreads from the median and apart from the rest, by a gap of GAP spreads: the end
    of a long tail is not odd. `floor` is the smallest spread that counts. Where more than a share `most` would be odd
    on one side, they are another kind rather than odd, and none of them is named.
    """
    known = {key: value for key, value in numbers.items() if np.isfinite(value)}
    if len(known) < FEWEST:
        return {}
    keys = sorted(known, key=known.__getitem__)
    values = np.array([known[key] for key in keys])
    away = (values - np.median(values)) / max(float(spread(values)), floor)
    odd = dict[Key, float]()
    for ordered, side in ((keys[::-1], -away[::-1]), (keys, away)):
        is_first = (np.diff(side, prepend=side[0]) > GAP) & (side > times)
        first = int(np.argmax(is_first)) if is_first.any() else len(keys)
        if len(keys) - first <= most * len(keys):
            odd |= {ordered[n]: 1 - 0.5 * times / float(side[n]) for n in range(first, len(keys))}
    return odd
