"""What the numbers in masks mean, where nothing says it: 0 and 255 are often written for 0 and 1, in some or in all."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from hounsfield.layouts import lazies
from hounsfield.values import Refused, refuse

SAMPLE = 16
"""So many masks are read when a folder is opened, to tell masks of 0 and 255 from numbered labels."""

FOREGROUND = {1: "foreground"}

Meaning = tuple[dict[int, str], Callable[[Path, lazies.Labels], lazies.Labels] | None]


def meaning_of(masks: Sequence[Path]) -> Meaning:
    """Names of the values, and what turns stored values into them.

    255 is 1 where each mask of a sample holds nothing but 0 and one of both. A mask with both has two structures.
    """
    sample: list[set[int]] = []
    for path in masks[:: max(1, len(masks) // SAMPLE)]:
        try:
            sample.append({int(v) for v in np.unique(lazies.format_of(path).read_labels(path)[0])})
        except Refused:
            continue  # its own case says so when it is read
    if all(values <= {0, 1} for values in sample):
        return FOREGROUND, None
    if all(values <= {0, 1} or values <= {0, 255} for values in sample):
        return FOREGROUND, _from_255
    values = set().union(*sample)
    return {value: f"label_{value}" for value in sorted(values - {0})}, None


def _from_255(path: Path, array: lazies.Labels) -> lazies.Labels:
    others = sorted({int(v) for v in np.unique(array)} - {0, 1, 255})
    if others:
        what = f"holds the values {', '.join(map(str, others[:5]))}, while the masks beside it hold 0 and 255"
        raise refuse(path, what, "Save masks without smoothing or JPEG, with the same values in all.")
    return (array > 0).astype(np.uint8)
