"""A transform as a way from one image's world to the other's, forth or back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.ops.fields import (
    Array,
    Displacement,
    inverse_displacement,
    invert_points,
    transform_points,
    warp,
    warp_labels,
)
from hounsfield.values import Grid, Transform


@dataclass(frozen=True)
class Way:
    """From the moving image's world to the fixed one's, or back.

    Images are pulled by affine and displacement, which lead from the goal to the origin in the form of a transform's;
    points are pushed along, from the origin to the goal.  origin: where it begins, None where that is not known.
    """

    transform: Transform
    is_back: bool
    goal: Grid
    origin: Grid | None
    affine: Array
    displacement: Displacement | None

    def of_image(self, channels: NDArray[Any], grid: Grid, *, fill: float) -> NDArray[np.floating]:
        """Channels (C, *grid.shape) of an image, linearly, on the goal's grid; `fill` where it shows nothing."""
        return warp(channels, grid, self.goal, self.affine, self.displacement, fill=fill)

    def of_labels(self, labels: NDArray[Any], grid: Grid) -> NDArray[Any]:
        """Labels (*grid.shape), by the nearest element, on the goal's grid; 0 where there are none."""
        return warp_labels(labels, grid, self.goal, self.affine, self.displacement)

    def of_points(self, points: Array) -> tuple[Array, float]:
        """Points (N, d) in the goal's world, those without a place without one still, and the largest error in mm."""
        t, moved, residual = self.transform, np.full_like(points, np.nan), np.zeros(0)
        placed = np.isfinite(points).all(axis=1)
        if self.is_back:
            moved[placed] = transform_points(points[placed], t.affine, t.displacement, t.fixed_grid)
        else:
            moved[placed], residual = invert_points(points[placed], t.affine, t.displacement, t.fixed_grid)
        return moved, float(residual.max(initial=0.0))


def way_to_fixed(t: Transform) -> Way:
    """From the moving image's world to the fixed one's."""
    # a field alone does not say on which grid the moving image lies: it is read with the fixed one in its place
    origin = None if t.moving_grid is t.fixed_grid else t.moving_grid
    return Way(t, False, t.fixed_grid, origin, t.affine, t.displacement)


def way_to_moving(t: Transform) -> Way:
    """From the fixed image's world to the moving one's; the inverse is worked out where it was not kept."""
    back, v = np.linalg.inv(t.affine).astype(np.float64), t.inverse
    if v is None and t.displacement is not None:
        v, _ = inverse_displacement(t.affine, t.displacement, t.fixed_grid, t.moving_grid)
    # A^-1 y + v = A^-1 (y + A v): the same form as a transform's
    d = t.fixed_grid.ndim
    turned = None if v is None else np.tensordot(t.affine[:d, :d], v, axes=1).astype(np.float32)
    return Way(t, True, t.moving_grid, t.fixed_grid, back, turned)
