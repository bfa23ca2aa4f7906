"""Planes of a grid as they are hung: in radiological convention, with the letters of the sides."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hounsfield.values import Grid, Image

DOWNWARDS = ("RL", "AP", "SI")  # what lies first and last where a world axis (R, A, S) runs down, as all are hung
NAMES = ("sagittal", "coronal", "axial")


@dataclass(frozen=True)
class View:
    """One plane of a grid, its rows downwards and its columns to the right.

    rows, columns: index axes.  turned: whether each of the two runs against its index.  spacing: of rows and columns.
    axis, at: the index axis that is cut and where; None of a grid with two axes.  sides: the letters left and right.
    """

    name: str
    rows: int
    columns: int
    turned: tuple[bool, bool]
    spacing: tuple[float, float]
    sides: str = ""
    axis: int | None = None
    at: int = 0

    def plane(self, array: NDArray[Any]) -> NDArray[Any]:
        """The plane (rows, columns) of an array on the grid."""
        plane = array if self.axis is None else np.take(array, self.at, axis=self.axis)
        return self._hung(plane)

    def plane_of(self, image: Image) -> NDArray[Any]:
        """The plane (C, rows, columns) of an image, read alone."""
        if self.axis is None:
            planes = image.array()
        else:
            slab = image.source.slab(self.axis + 1, self.at, self.at + 1)
            planes = np.asarray(slab.squeeze(self.axis + 1), dtype=np.float32)
        return np.stack([self._hung(plane) for plane in planes])

    def place(self, index: ArrayLike, shape: Sequence[int]) -> NDArray[np.float64]:
        """(row, column) in the plane, not rounded, of grid indices (N, d); centres are at whole numbers."""
        points = np.asarray(index, dtype=np.float64).reshape(-1, len(shape))
        sides = []
        for axis, turned in zip((self.rows, self.columns), self.turned, strict=True):
            sides.append(shape[axis] - 1 - points[:, axis] if turned else points[:, axis])
        return np.stack(sides, axis=1)

    def _hung(self, plane: NDArray[Any]) -> NDArray[Any]:
        upright = plane if self.rows < self.columns else plane.T
        row_step, column_step = (-1 if turned else 1 for turned in self.turned)
        return upright[::row_step, ::column_step]


def views(grid: Grid, at: Sequence[int]) -> list[View]:
    """What to look at: the whole picture, or the planes of a volume that meet at an index.

    Volumes are hung in radiological convention, whatever the order of their axes: the patient's right at the left, the
    front up in axial planes, the head up in the others, the nose to the left in sagittal ones. Axial comes first. A
    plane that is a single line is left out.
    """
    if grid.frame == "image" and grid.ndim == 2:
        return [View("picture", 0, 1, (False, False), grid.spacing)]  # type: ignore[arg-type]  # two axes
    index_axes, rising = _world_axes(grid)
    if grid.ndim == 2:
        return [_view(grid, index_axes, rising, "axial", rows=1, columns=0)]
    hung = []
    for cut, rows, columns in ((2, 1, 0), (1, 2, 0), (0, 2, 1)):
        if grid.shape[index_axes[rows]] > 1 and grid.shape[index_axes[columns]] > 1:
            axis = index_axes[cut]
            hung.append(_view(grid, index_axes, rising, NAMES[cut], rows=rows, columns=columns, axis=axis, at=at[axis]))
    return hung


def _view(
    grid: Grid,
    index_axes: Sequence[int],
    rising: Sequence[bool],
    name: str,
    *,
    rows: int,
    columns: int,
    axis: int | None = None,
    at: int = 0,
) -> View:
    in_body = grid.frame == "RAS"
    return View(
        name if in_body else f"axis {axis}",
        index_axes[rows],
        index_axes[columns],
        (rising[rows], rising[columns]),
        (grid.spacing[index_axes[rows]], grid.spacing[index_axes[columns]]),
        DOWNWARDS[columns] if in_body else "",
        axis,
        at,
    )


def _world_axes(grid: Grid) -> tuple[tuple[int, ...], tuple[bool, ...]]:
    """The index axis that is nearest to each world axis, and whether the world rises along it."""
    d = grid.ndim
    directions = grid.affine[:d, :d] / np.maximum(np.linalg.norm(grid.affine[:d, :d], axis=0), 1e-12)
    best = max(permutations(range(d)), key=lambda order: sum(abs(directions[w, i]) for w, i in enumerate(order)))
    in_body = grid.frame == "RAS"
    return best, tuple(in_body and bool(directions[world, axis] > 0) for world, axis in enumerate(best))


def fullest(mark: NDArray[np.bool_]) -> tuple[int, ...]:
    """Along each axis the index whose plane holds most of what is marked; the middle where nothing is."""
    if not mark.any():
        return tuple(n // 2 for n in mark.shape)
    axes = range(mark.ndim)
    counts = [np.count_nonzero(mark, axis=tuple(other for other in axes if other != axis)) for axis in axes]
    return tuple(int(np.argmax(count)) for count in counts)
