"""Masks in, numbers out: overlap, volume, and lesions found.

What is unknown is taken out of both masks before they come here.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.ops.components import connected_components

Mask = NDArray[np.bool_]

LESION_IOU = 0.1
"""Overlap at which a lesion counts as found: the threshold of detection in 3D (Maier-Hein et al. 2024)."""


def dice(found: Mask, truth: Mask) -> float:
    """Dice coefficient 2|A and B| / (|A| + |B|), 0..1 (Dice 1945).

    Both empty: NaN, undefined: there was nothing to find, and a perfect score would be a gift.  One empty: 0.
    """
    total = int(np.count_nonzero(found)) + int(np.count_nonzero(truth))
    return 2 * int(np.count_nonzero(found & truth)) / total if total else float("nan")


class VolumeError(NamedTuple):
    """Answer minus truth: in percent of the truth, and in the cube (in 2D: square) of the spacing's unit."""

    percent: float
    volume: float

    @property
    def millilitres(self) -> float:
        """The difference in mL, of a volume whose spacing is in mm."""
        return self.volume / 1000


def volume_error(found: Mask, truth: Mask, voxel_volume: float = 1.0) -> VolumeError:
    """How much too large (positive) or too small (negative) the answer's volume is.

    Truth empty: the percentage is NaN, undefined; the volume is that of the answer.  Answer empty: -100 %.
    """
    true = int(np.count_nonzero(truth))
    difference = int(np.count_nonzero(found)) - true
    return VolumeError(100 * difference / true if true else float("nan"), difference * voxel_volume)


class LesionCounts(NamedTuple):
    """Lesions found (of the truth), false ones (of the answer), and missed ones (of the truth)."""

    hits: int
    false: int
    missed: int

    @property
    def f1(self) -> float:
        """2 hits / (2 hits + false + missed); NaN, undefined, where neither has a lesion; 0 where only one has."""
        total = 2 * self.hits + self.false + self.missed
        return 2 * self.hits / total if total else float("nan")


def lesion_counts(found: Mask, truth: Mask) -> LesionCounts:
    """How many lesions were found, invented and missed.

    A lesion is a connected component, corners included.  A true lesion is held against all found lesions that share
    a voxel with it, taken together, and is found where their intersection over union is at least 0.1: one lesion in
    several pieces is found once, several in one piece are each found if the piece is not much larger.  A found lesion
    is false where it touches no true lesion that was found.
    """
    found_parts, n_found = connected_components(found)
    true_parts, n_true = connected_components(truth)
    found_sizes = np.bincount(found_parts.ravel(), minlength=n_found + 1)
    true_sizes = np.bincount(true_parts.ravel(), minlength=n_true + 1)
    both = found & truth
    pairs, shared = np.unique(np.stack([true_parts[both], found_parts[both]]), axis=1, return_counts=True)
    true_part, found_part = pairs

    intersection = np.bincount(true_part, weights=shared, minlength=n_true + 1)[1:]
    touching = np.bincount(true_part, weights=found_sizes[found_part], minlength=n_true + 1)[1:]
    hit = intersection / (true_sizes[1:] + touching - intersection) >= LESION_IOU
    useful = np.unique(found_part[hit[true_part - 1]])
    hits = int(np.count_nonzero(hit))
    return LesionCounts(hits, n_found - len(useful), n_true - hits)
