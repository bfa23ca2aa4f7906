"""Displacement fields: T(x) = A @ (x + u(x)) from the fixed world to the moving world, in mm.

A is (d+1, d+1). u is (d, *fixed_grid.shape), float32, along WORLD axes whatever the array's order, linear between
the centres, constant in the half element beyond the outermost ones, 0 outside; None says that T is exactly A.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.ops.resampling import (
    Fill,
    index_slabs,
    interpolate,
    resample,
    resample_labels,
    spline_coefficients,
    take_nearest,
)
from hounsfield.values import Grid

Array = NDArray[np.float64]
Displacement = NDArray[np.float32]


def sample_displacement(u: Displacement | None, grid: Grid, points: Array) -> Array:
    """Displacement (N, d) in mm at world points (N, d) of the grid's world."""
    if u is None:
        return np.zeros_like(points)
    index = np.round(grid.to_index(points).T, 6)
    return np.stack([interpolate(component, index) for component in u], axis=1).astype(np.float64)


def transform_points(points: Array, affine: Array, u: Displacement | None, fixed_grid: Grid) -> Array:
    """T(x) (N, d) in the moving world of points x (N, d) of the fixed world."""
    return _apply(affine, points + sample_displacement(u, fixed_grid, points))


def invert_points(
    points: Array,
    affine: Array,
    u: Displacement | None,
    fixed_grid: Grid,
    *,
    iterations: int = 50,
    tolerance_mm: float = 1e-3,
) -> tuple[Array, Array]:
    """T^-1(y) (N, d) of points y (N, d) of the moving world, and what is left of |T(x) - y| (N,) in mm.

    Fixed-point iteration x <- A^-1 y - u(x) (Chen et al. 2008), with a step halved wherever the last one made it worse;
    where T folds, or y lies in a gap that u's edge tears, the residual stays above the tolerance.
    """
    linear = affine[:-1, :-1]
    goal = _apply(np.linalg.inv(affine), np.asarray(points, np.float64))
    x = goal.copy()
    left = -sample_displacement(u, fixed_grid, x)  # goal - x - u(x), in the fixed world
    residual = np.linalg.norm(left @ linear.T, axis=1)
    step = np.ones(len(x))
    for _ in range(iterations):
        active = np.flatnonzero(residual > tolerance_mm)
        if len(active) == 0:
            break
        tried = x[active] + step[active, None] * left[active]
        tried_left = goal[active] - tried - sample_displacement(u, fixed_grid, tried)
        tried_residual = np.linalg.norm(tried_left @ linear.T, axis=1)
        is_better = tried_residual < residual[active]
        better = active[is_better]
        x[better], left[better], residual[better] = tried[is_better], tried_left[is_better], tried_residual[is_better]
        step[active] = np.where(is_better, np.minimum(1.0, 1.5 * step[active]), 0.5 * step[active])
    return x, residual


def inverse_displacement(
    affine: Array, u: Displacement, fixed_grid: Grid, moving_grid: Grid
) -> tuple[Displacement, float]:
    """v (d, *moving_grid.shape) in mm with T^-1(y) = A^-1 y + v(y) at every centre y, and the largest |T(T^-1(y)) - y|.

    v lies along the fixed world's axes; between the centres it is linear, where T^-1 need not be.
    """
    d = moving_grid.ndim
    v = np.empty((d, *moving_grid.shape), np.float32)
    worst = 0.0
    for part, y in _centres(moving_grid):
        x, residual = invert_points(y, affine, u, fixed_grid)
        v[:, part] = np.subtract(x, _apply(np.linalg.inv(affine), y)).T.reshape(d, -1, *moving_grid.shape[1:])
        worst = max(worst, float(residual.max(initial=0.0)))
    return v, worst


def warp(
    moving: NDArray[Any],
    moving_grid: Grid,
    fixed_grid: Grid,
    affine: Array,
    u: Displacement | None,
    *,
    order: int = 1,
    fill: Fill = 0.0,
) -> NDArray[np.floating]:
    """Channels (C, *moving_grid.shape) pulled onto the fixed grid: (C, *fixed_grid.shape), x showing what is at T(x).

    order: 1 linear, 3 cubic.  fill: the value outside the moving image, or "nearest" for its edge's.
    """
    if u is None:
        return resample(moving, _pulled(moving_grid, affine, fixed_grid), fixed_grid, order=order, fill=fill)
    coefficients = [spline_coefficients(channel, order) for channel in moving]
    dtype = coefficients[0].dtype if coefficients else np.float32
    out = np.empty((len(moving), *fixed_grid.shape), dtype)
    matrix, offset, to_index = _to_moving_index(moving_grid, fixed_grid, affine)
    for part, index in index_slabs(matrix, offset, fixed_grid.shape):
        index += np.tensordot(to_index, u[:, part], axes=1)
        for c, channel in enumerate(coefficients):
            out[c, part] = interpolate(channel, index, order=order, fill=fill)
    return out


def warp_labels(
    moving: NDArray[Any], moving_grid: Grid, fixed_grid: Grid, affine: Array, u: Displacement | None, *, fill: int = 0
) -> NDArray[Any]:
    """Labels (*moving_grid.shape) pulled onto the fixed grid (*fixed_grid.shape), each taking the nearest to T(x)."""
    if u is None:
        return resample_labels(moving, _pulled(moving_grid, affine, fixed_grid), fixed_grid, fill=fill)
    out = np.empty(fixed_grid.shape, moving.dtype)
    matrix, offset, to_index = _to_moving_index(moving_grid, fixed_grid, affine)
    for part, index in index_slabs(matrix, offset, fixed_grid.shape):
        out[part] = take_nearest(moving, index + np.tensordot(to_index, u[:, part], axes=1), fill=fill)
    return out


def compose(
    first: tuple[Array, Displacement | None, Grid], second: tuple[Array, Displacement | None, Grid]
) -> tuple[Array, Displacement | None]:
    """(A, u) on the first's fixed grid of the way x -> second(first(x)), each given as (A, u, fixed grid).

    Exact at the grid's centres. Outside of the grid u is 0, so that a displacement of the second there is lost.
    """
    (affine_1, u_1, grid_1), (affine_2, u_2, grid_2) = first, second
    affine = affine_2 @ affine_1
    if u_1 is None and u_2 is None:
        return affine, None
    d = grid_1.ndim
    u = np.zeros((d, *grid_1.shape), np.float32) if u_1 is None else u_1.copy()
    if u_2 is None:
        return affine, u
    back = np.linalg.inv(affine_1[:d, :d])
    for part, x in _centres(grid_1):
        between = _apply(affine_1, x + u[:, part].reshape(d, -1).T)
        u[:, part] += (sample_displacement(u_2, grid_2, between) @ back.T).T.reshape(u[:, part].shape)
    return affine, u


def jacobian_determinant(u: Displacement, grid: Grid) -> NDArray[np.float32]:
    """Local change of volume (*grid.shape) of x -> x + u(x), by central differences; 0 and below where it folds."""
    d = grid.ndim
    world_to_index = np.linalg.inv(grid.affine[:d, :d]).astype(np.float32)
    jacobian = np.zeros((d, d, *grid.shape), np.float32)  # [component of u, direction of the derivative]
    for a, n in enumerate(grid.shape):
        if n > 1:
            slope = np.gradient(u, axis=a + 1)
            for w in range(d):
                jacobian[:, w] += slope * world_to_index[a, w]
    for w in range(d):
        jacobian[w, w] += 1
    if d == 2:
        return jacobian[0, 0] * jacobian[1, 1] - jacobian[0, 1] * jacobian[1, 0]
    determinant: NDArray[np.float32] = (jacobian[0] * np.cross(jacobian[1], jacobian[2], axis=0)).sum(axis=0)
    return determinant


def _apply(affine: NDArray[np.floating], points: Array) -> Array:
    return points @ affine[:-1, :-1].T.astype(np.float64) + affine[:-1, -1]


def _pulled(moving_grid: Grid, affine: Array, fixed_grid: Grid) -> Grid:
    """The moving grid where an affine T puts it in the fixed world."""
    return Grid(moving_grid.shape, np.linalg.inv(affine) @ moving_grid.affine, fixed_grid.unit, fixed_grid.frame)


def _to_moving_index(moving_grid: Grid, fixed_grid: Grid, affine: Array) -> tuple[Array, Array, NDArray[np.float32]]:
    """Matrix and offset from fixed to moving indices, and the matrix from displacements in mm to moving indices."""
    d = fixed_grid.ndim
    from_world = np.linalg.solve(moving_grid.affine, affine)
    both = from_world @ fixed_grid.affine
    return both[:d, :d], both[:d, d], from_world[:d, :d].astype(np.float32)


def _centres(grid: Grid) -> Iterator[tuple[slice, Array]]:
    """Parts of the first axis with the world coordinates (N, d) of their elements' centres."""
    d = grid.ndim
    for part, index in index_slabs(np.eye(d), np.zeros(d), grid.shape):
        yield part, grid.to_world(index.reshape(d, -1).T)
