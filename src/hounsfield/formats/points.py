"""What files of points have in common: names of their own, and places that are said as indices of an image."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hounsfield.values import Grid, MiB, Points, refuse

LIMIT = 8 * MiB
"""The largest file of points that is read: some ten thousand points."""

PRESENT, ABSENT, UNKNOWN = 1.0, 0.0, float("nan")


def named_points(
    where: object, names: Sequence[str], coordinates: ArrayLike, present: Sequence[float], *, d: int = 3
) -> Points:
    """Points (N, d) under their names, blanks around them left out.

    Refuses a point without a name, and a name that is there twice.
    """
    stripped = tuple(name.strip() for name in names)
    if "" in stripped:
        what = f"has no name for its point number {stripped.index('') + 1}"
        raise refuse(where, what, "Give each point the name of what it marks.")
    twice = [name for name, times in Counter(stripped).items() if times > 1]
    if twice:
        raise refuse(where, f"has the point {twice[0][:60]!r} twice", "Give each point a name of its own.")
    return Points(np.asarray(coordinates, np.float64).reshape(len(stripped), d), stripped, np.array(present))


def from_index(where: object, index: NDArray[np.float64], grid: Grid | None) -> NDArray[np.float64]:
    """World coordinates (N, d) of indices (N, d) of an image. Refuses them without the image's grid."""
    if grid is None:
        what = "gives places as indices of an image, and there is no image to say where in the world they are"
        raise refuse(where, what, "Put the image or its mask beside it, under the same name.")
    if index.shape[1] != grid.ndim:
        what = f"has points of {index.shape[1]} indices, and its image has {grid.ndim} axes"
        raise refuse(where, what, "Does it belong to another image?")
    return grid.to_world(index)
