"""Points of structures and of sets: centroids, poles, axes, alignment, heatmaps."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hounsfield.values import Grid

POLE_SHARE = 0.01  # of a structure's elements: one element alone would be noise


def centroid(mask: NDArray[Any], grid: Grid) -> NDArray[np.float64]:
    """Centre (d,) of a mask (*grid.shape) in world mm; NaN for an empty one."""
    index = np.argwhere(mask)
    return grid.to_world(index.mean(axis=0))[0] if len(index) else np.full(grid.ndim, np.nan)


def extreme(mask: NDArray[Any], grid: Grid, direction: ArrayLike) -> NDArray[np.float64]:
    """Pole (d,) of a structure along a world direction (d,), in world mm: the mean of its outermost 1 % of elements.

    NaN for an empty mask.
    """
    world = grid.to_world(np.argwhere(mask))
    if len(world) == 0:
        return np.full(grid.ndim, np.nan)
    height = np.round(world @ np.asarray(direction, np.float64), 6)
    n = max(1, round(POLE_SHARE * len(world)))
    # all elements at the last height taken count, so that the answer does not hang on the array's order
    outermost: NDArray[np.float64] = world[height >= np.sort(height)[-n]].mean(axis=0)
    return outermost


def principal_axes(mask: NDArray[Any], grid: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Axes (d, d) of a structure, unit vectors as rows, longest first, and the spread (d,) along each in mm.

    The spread is the standard deviation. Each axis points where its largest component is positive. Raises
    ValueError for an empty mask.
    """
    world = grid.to_world(np.argwhere(mask))
    if len(world) == 0:
        raise ValueError("an empty mask has no axes")
    centred = world - world.mean(axis=0)
    variances, vectors = np.linalg.eigh(centred.T @ centred / len(world))
    axes = vectors.T[::-1]
    largest = np.take_along_axis(axes, np.abs(axes).argmax(axis=1)[:, None], axis=1)
    return axes * np.where(largest < 0, -1.0, 1.0), np.sqrt(np.maximum(variances[::-1], 0.0))


def rigid_align(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """The rigid motion (d+1, d+1) that brings points a (N, d) closest to b (N, d) in the mean of squares.

    Kabsch 1976, without reflections. Pairs with a NaN are left out; raises ValueError where none is left.
    """
    is_known = np.isfinite(a).all(axis=1) & np.isfinite(b).all(axis=1)
    if not is_known.any():
        raise ValueError("no pair of points is known in both sets")
    a, b = a[is_known], b[is_known]
    d = a.shape[1]
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    left, _, right = np.linalg.svd((a - mean_a).T @ (b - mean_b))
    mirror = np.diag([1.0] * (d - 1) + [np.sign(np.linalg.det(left @ right))])
    motion = np.eye(d + 1)
    motion[:d, :d] = right.T @ mirror @ left.T
    motion[:d, d] = mean_b - motion[:d, :d] @ mean_a
    return motion


def heatmap(points_index: NDArray[np.float64], shape: tuple[int, ...], sigma: ArrayLike) -> NDArray[np.float32]:
    """A Gaussian (N, *shape) around each point (N, d), 1 at the point itself; zeros for a point with NaN.

    sigma: in elements, a number or one an axis.
    """
    d = len(shape)
    widths = np.broadcast_to(np.asarray(sigma, np.float64), (d,))
    out = np.zeros((len(points_index), *shape), np.float32)
    for n, point in enumerate(points_index):
        if not np.isfinite(point).all():
            continue
        out[n] = 1.0
        for axis in range(d):
            bell = np.exp(-0.5 * ((np.arange(shape[axis]) - point[axis]) / widths[axis]) ** 2)
            out[n] *= bell.astype(np.float32).reshape([-1 if a == axis else 1 for a in range(d)])
    return out
