"""From one grid to another: resampling, canonical axis order, other spacings.

Every image is continuous from edge to edge: between the outermost centres it is interpolated, in the half element
beyond them the edge's value holds, and outside of that the fill is taken (as in ITK). Nothing is smoothed beforehand:
who samples down by a large factor and fears aliasing blurs first.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import permutations
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import ndimage

from hounsfield.values import Grid

Fill = float | Literal["nearest"]

_SLAB = 2**21  # elements whose coordinates are in memory at a time


def resample(
    array: NDArray[Any], source: Grid, target: Grid, *, order: int = 1, fill: Fill = 0.0
) -> NDArray[np.floating]:
    """The same image on another grid: channels (C, *source.shape) -> (C, *target.shape).

    order: 1 linear, 3 cubic B-spline (may overshoot).  fill: the value outside the source, or "nearest" for its edge's.
    The result is float32, or float64 for float64. Raises ValueError where the grids do not share a world.
    """
    _check(array, source, target)
    matrix, offset = _index_map(source, target)
    axes = _parallel_axes(matrix, target.shape)
    lines = None if axes is None else _lines(matrix, offset, axes, target.shape)
    out = np.empty((len(array), *target.shape), _working_type(array))
    for channel, image in enumerate(array):
        coefficients = spline_coefficients(image, order)
        if axes is None or lines is None:
            _sample_obliquely(coefficients, matrix, offset, order, fill, out[channel])
        else:
            out[channel] = _sample_along_axes(coefficients, lines, axes, order, fill)
    return out


def resample_labels(array: NDArray[Any], source: Grid, target: Grid, *, fill: int = 0) -> NDArray[Any]:
    """The same labels on another grid, each element taking its nearest: (..., *source.shape) -> (..., *target.shape).

    fill: the label outside the source. The type is kept.
    """
    _check(array, source, target)
    d = source.ndim
    matrix, offset = _index_map(source, target)
    axes = _parallel_axes(matrix, target.shape)
    out = np.empty((*array.shape[: array.ndim - d], *target.shape), array.dtype)
    if axes is not None:
        picked = array
        lines = _lines(matrix, offset, axes, target.shape)
        inside = [_is_inside(line, n) for line, n in zip(lines, source.shape, strict=True)]
        for axis, (line, n) in enumerate(zip(lines, source.shape, strict=True)):
            picked = np.take(picked, _nearest(line, n), axis=axis - d)
        out[...] = picked.transpose(*range(array.ndim - d), *(array.ndim - d + np.argsort(axes)))
        _fill_outside(out, inside, axes, fill)
        return out
    for part, index in index_slabs(matrix, offset, target.shape):
        np.moveaxis(out, -d, 0)[part] = np.moveaxis(take_nearest(array, index, fill=fill), -d, 0)
    return out


def canonical(array: NDArray[Any], grid: Grid) -> tuple[NDArray[Any], Grid]:
    """The array (..., *grid.shape) with its axes in the order and directions closest to the world's, and its grid.

    Only permutes and flips: no value changes, and `uncanonical` undoes it to the bit.
    """
    order, flipped = _orientation(grid)
    lead = array.ndim - grid.ndim
    turned = array.transpose(*range(lead), *(lead + a for a in order))
    turned = np.flip(turned, tuple(lead + a for a in range(grid.ndim) if flipped[a]))
    return np.ascontiguousarray(turned), canonical_grid(grid)


def canonical_grid(grid: Grid) -> Grid:
    """The grid that `canonical` puts arrays on."""
    d = grid.ndim
    order, flipped = _orientation(grid)
    to_old = np.zeros((d + 1, d + 1))
    to_old[d, d] = 1.0
    for new, old in enumerate(order):
        to_old[old, new] = -1.0 if flipped[new] else 1.0
        to_old[old, d] = grid.shape[old] - 1 if flipped[new] else 0.0
    return Grid(tuple(grid.shape[a] for a in order), grid.affine @ to_old, grid.unit, grid.frame)


def uncanonical(array: NDArray[Any], canonical: Grid, original: Grid) -> NDArray[Any]:
    """The array (..., *canonical.shape) back in its original axis order: (..., *original.shape), to the bit.

    Raises ValueError where the first grid is not the second one's canonical.
    """
    if not canonical.close_to(canonical_grid(original)):
        raise ValueError(f"{canonical} is not the canonical grid of {original}")
    order, flipped = _orientation(original)
    lead = array.ndim - original.ndim
    turned = np.flip(array, tuple(lead + a for a in range(original.ndim) if flipped[a]))
    return np.ascontiguousarray(turned.transpose(*range(lead), *(lead + a for a in np.argsort(order))))


def regrid(grid: Grid, spacing: ArrayLike) -> Grid:
    """The grid over the same field of view, edge to edge and centred, at another spacing (a number or one an axis).

    The spacing is kept exactly; the number of elements is the nearest that fits, so up to a quarter of an element
    may be missing or too much at either edge.
    """
    d = grid.ndim
    new = np.broadcast_to(np.asarray(spacing, np.float64), (d,))
    if not np.all(new > 0):
        raise ValueError(f"a spacing is positive, not {new}")
    old = np.asarray(grid.spacing)
    shape = tuple(max(1, int(np.floor(n * s / t + 0.5 + 1e-6))) for n, s, t in zip(grid.shape, old, new, strict=True))
    affine = grid.affine.copy()
    affine[:d, :d] = grid.affine[:d, :d] * (new / old)
    middle = grid.to_world((np.asarray(grid.shape) - 1) / 2)[0]
    affine[:d, d] = middle - affine[:d, :d] @ ((np.asarray(shape) - 1) / 2)
    return Grid(shape, affine, grid.unit, grid.frame)


def spline_coefficients(image: NDArray[Any], order: int) -> NDArray[np.floating]:
    """What `interpolate` wants of an image (*shape): itself for order 1, cubic B-spline coefficients for order 3."""
    if order not in (1, 3):
        raise ValueError(f"order is 1 (linear) or 3 (cubic), not {order}")
    dtype = _working_type(image)
    image = image.astype(dtype, copy=False)
    return image if order == 1 else ndimage.spline_filter(image, order, output=dtype, mode="mirror")


def interpolate(
    coefficients: NDArray[np.floating], index: NDArray[np.float64], *, order: int = 1, fill: Fill = 0.0
) -> NDArray[np.floating]:
    """The image (*shape) of these coefficients at fractional indices (d, ...) -> (...)."""
    last = np.reshape(coefficients.shape, (-1, *(1,) * (index.ndim - 1))) - 1
    # held at the edge by hand: splines are mirrored at the outermost centres, as their coefficients are
    out: NDArray[np.floating] = ndimage.map_coordinates(
        coefficients, np.clip(index, 0, last), order=order, mode="mirror", prefilter=False, output=coefficients.dtype
    )
    if fill != "nearest":
        for a, n in enumerate(coefficients.shape):
            out[~_is_inside(index[a], n)] = fill
    return out


def take_nearest(array: NDArray[Any], index: NDArray[np.float64], *, fill: int = 0) -> NDArray[Any]:
    """The element of an array (..., *shape) nearest to each fractional index (d, ...); `fill` outside its edges."""
    shape = array.shape[array.ndim - len(index) :]
    nearest: list[Any] = [_nearest(line, n) for line, n in zip(index, shape, strict=True)]
    taken: NDArray[Any] = array[(..., *nearest)]
    for line, n in zip(index, shape, strict=True):
        taken[..., ~_is_inside(line, n)] = fill
    return taken


def index_slabs(
    matrix: NDArray[np.float64], offset: NDArray[np.float64], shape: tuple[int, ...]
) -> Iterator[tuple[slice, NDArray[np.float64]]]:
    """An affine map of all indices of an array, in parts of its first axis that fit memory: (d, part, *shape[1:])."""
    step = max(1, _SLAB // int(np.prod(shape[1:])))
    for start in range(0, shape[0], step):
        stop = min(start + step, shape[0])
        axes = np.ogrid[(slice(start, stop), *(slice(0, n) for n in shape[1:]))]
        index = [sum(row[b] * axis for b, axis in enumerate(axes)) + t for row, t in zip(matrix, offset, strict=True)]
        yield slice(start, stop), np.round(np.stack(np.broadcast_arrays(*index)), 6)


def _working_type(array: NDArray[Any]) -> np.dtype[Any]:
    return np.dtype(np.float64 if array.dtype == np.float64 else np.float32)


def _check(array: NDArray[Any], source: Grid, target: Grid) -> None:
    if source.ndim != target.ndim or source.frame != target.frame:
        raise ValueError(f"{source} and {target} do not lie in the same world")
    if array.shape[array.ndim - source.ndim :] != source.shape:
        raise ValueError(f"an array of shape {array.shape} does not lie on {source}")


def _index_map(source: Grid, target: Grid) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix and offset from the target's indices to the source's."""
    d = source.ndim
    both = np.linalg.solve(source.affine, target.affine).astype(np.float64)
    return both[:d, :d], both[:d, d]


def _parallel_axes(matrix: NDArray[np.float64], shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """For each source axis the target axis that runs along it; None where the grids are oblique to each other."""
    travel = np.abs(matrix) * (np.asarray(shape) - 1)
    best = max(permutations(range(len(shape))), key=lambda axes: sum(travel[a, b] for a, b in enumerate(axes)))
    astray = sum(travel[a].sum() - travel[a, b] for a, b in enumerate(best))
    return best if astray < 1e-3 else None  # of an element, over the whole field of view


def _lines(
    matrix: NDArray[np.float64], offset: NDArray[np.float64], axes: tuple[int, ...], shape: tuple[int, ...]
) -> list[NDArray[np.float64]]:
    """For each source axis the fractional indices (n,) that the target wants."""
    lines = [offset[a] + matrix[a, b] * np.arange(shape[b]) for a, b in enumerate(axes)]
    # rounding noise of the affines must decide neither a tie nor whether an edge is inside
    return [np.round(line, 6) for line in lines]


def _sample_obliquely(
    coefficients: NDArray[np.floating],
    matrix: NDArray[np.float64],
    offset: NDArray[np.float64],
    order: int,
    fill: Fill,
    out: NDArray[np.floating],
) -> None:
    for part, index in index_slabs(matrix, offset, out.shape):
        out[part] = interpolate(coefficients, index, order=order, fill=fill)


def _sample_along_axes(
    coefficients: NDArray[np.floating],
    lines: list[NDArray[np.float64]],
    axes: tuple[int, ...],
    order: int,
    fill: Fill,
) -> NDArray[np.floating]:
    sampled = coefficients
    shrinking_first = sorted(range(len(axes)), key=lambda a: len(lines[a]) / coefficients.shape[a])
    for a in shrinking_first:
        sampled = _sample_line(sampled, np.clip(lines[a], 0, coefficients.shape[a] - 1), a, order)
    sampled = sampled.transpose(np.argsort(axes))
    if fill == "nearest":
        return sampled
    sampled = sampled.copy()
    _fill_outside(sampled, [_is_inside(line, n) for line, n in zip(lines, coefficients.shape, strict=True)], axes, fill)
    return sampled


def _sample_line(array: NDArray[np.floating], line: NDArray[np.float64], axis: int, order: int) -> NDArray[np.floating]:
    """One axis of an array of B-spline coefficients at fractional indices."""
    n = array.shape[axis]
    if order == 1 and np.array_equal(line, np.arange(n)):
        return array
    low = np.floor(line).astype(np.intp)
    shape = tuple(len(line) if a == axis else 1 for a in range(array.ndim))
    t = (line - low).astype(array.dtype).reshape(shape)
    if order == 1:
        below = np.take(array, low, axis)
        step = np.take(array, np.minimum(low + 1, n - 1), axis)
        step -= below
        step *= t
        step += below
        return step
    # cubic B-spline basis, Unser 1999, mirrored at the outermost centres as its coefficients are
    weights = ((1 - t) ** 3 / 6, 2 / 3 - t**2 + t**3 / 2, 1 / 6 + (t + t**2 - t**3) / 2, t**3 / 6)
    out = np.zeros_like(np.take(array, low, axis))
    for tap, weight in enumerate(weights):
        out += weight.astype(array.dtype) * np.take(array, _mirrored(low + tap - 1, n), axis)
    return out


def _mirrored(index: NDArray[np.intp], n: int) -> NDArray[np.intp]:
    period = max(2 * (n - 1), 1)
    index = np.abs(index) % period
    return np.where(index > n - 1, period - index, index)


def _nearest(index: NDArray[np.float64], n: int) -> NDArray[np.intp]:
    return np.clip(np.floor(index + 0.5), 0, n - 1).astype(np.intp)


def _is_inside(index: NDArray[np.float64], n: int) -> NDArray[np.bool_]:
    return (index >= -0.5) & (index <= n - 0.5)


def _fill_outside(out: NDArray[Any], inside: list[NDArray[np.bool_]], axes: tuple[int, ...], fill: float) -> None:
    """Write the fill into `out` (..., *target.shape) wherever a source axis says that it is left."""
    for a, b in enumerate(axes):
        if not inside[a].all():
            np.moveaxis(out, b - len(axes), 0)[~inside[a]] = fill


def _orientation(grid: Grid) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """For each world axis the array axis closest to it, and whether that axis runs against it.

    Where several orders are as close (axes at 45 degrees), it is the same one however the array is stored.
    """
    d = grid.ndim
    cosines = grid.affine[:d, :d] / np.maximum(grid.spacing, 1e-12)

    def closeness(axes: tuple[int, ...]) -> tuple[float, ...]:
        along = [cosines[:, a] * np.sign(cosines[w, a]) for w, a in enumerate(axes)]
        close = sum(direction[w] for w, direction in enumerate(along))
        return tuple(np.round([close, *np.ravel(along)], 4))  # beyond that, affines of single precision are noise

    order = max(permutations(range(d)), key=closeness)
    return order, tuple(bool(cosines[w, a] < 0) for w, a in enumerate(order))
