"""How good a transform looks where nothing is known to hold it against."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hounsfield.evaluation.registration import folding
from hounsfield.ops.fields import invert_points, transform_points, warp
from hounsfield.values import Image, Transform

SAMPLE = 20_000  # elements at which the inverse is tried


@dataclass(frozen=True)
class Quality:
    """How a transform looks on its pair of images.

    before, after: correlation of the pair as it was placed, and carried.  folding: share of the fixed image's elements
    where it folds.  residual_mm: the largest error of its inverse.
    """

    before: float
    after: float
    folding: float
    residual_mm: float


def quality(transform: Transform, fixed: Image, moving: Image) -> Quality:
    """How a transform from the fixed image's world to the moving one's looks on the two."""
    as_placed = Transform(transform.fixed_grid, transform.moving_grid, np.eye(transform.fixed_grid.ndim + 1))
    return Quality(
        before=carried_correlation(as_placed, fixed, moving),
        after=carried_correlation(transform, fixed, moving),
        folding=folding(transform),
        residual_mm=inverse_error(transform),
    )


def carried_correlation(transform: Transform, fixed: Image, moving: Image) -> float:
    """Correlation of the fixed image and the moving one carried onto it, first channels, in -1..1.

    Over the elements where both were measured; NaN where these are fewer than two or constant.
    """
    t = transform
    moved = warp(moving.array()[:1], moving.grid, t.fixed_grid, t.affine, t.displacement, fill=np.nan)[0]
    seen = fixed.array()[0]
    both = np.isfinite(moved) & np.isfinite(seen)
    a, b = (array[both].astype(np.float64) for array in (seen, moved))
    if a.size < 2 or a.std() == 0 or b.std() == 0:
        return float("nan")
    return float(np.corrcoef(a, b)[0, 1])


def inverse_error(t: Transform) -> float:
    """The largest error in mm of T^-1 at what T makes of a regular sample of the fixed image's elements."""
    shape = t.fixed_grid.shape
    every = max(1, int(np.prod(shape)) // SAMPLE)
    index = np.array(np.unravel_index(np.arange(0, np.prod(shape), every), shape)).T
    points = transform_points(t.fixed_grid.to_world(index), t.affine, t.displacement, t.fixed_grid)
    _, residual = invert_points(points, t.affine, t.displacement, t.fixed_grid)
    return float(residual.max())
