"""One volume stored in every order and direction of its axes, by nibabel, and back."""

from __future__ import annotations

from itertools import permutations, product
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

WAYS = [
    np.array(list(zip(order, flips, strict=True)))
    for order in permutations(range(3))
    for flips in product((1, -1), repeat=3)
]
"""All 48, in nibabel's words: for each axis the one it becomes, and -1 where it is turned round; first: none."""


def stored(array: NDArray[Any], affine: NDArray[np.float64], way: NDArray[np.intp]) -> nib.Nifti1Image:
    """The volume (i, j, k) with its axes in another order, every element where it was in the world."""
    return nib.Nifti1Image(array, affine).as_reoriented(way)


def turned_back(array: NDArray[Any], way: NDArray[np.intp]) -> NDArray[Any]:
    """An array (i, j, k[, ...]) on the axes of `stored`, on those of the first way."""
    back = np.empty_like(way)
    for axis, (other, flip) in enumerate(way):
        back[other] = axis, flip
    return np.asarray(nib.apply_orientation(array, back))
