"""Where the elements of an array lie in the world."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hounsfield.values.equality import ArrayValue

Unit = Literal["mm", "px"]
Frame = Literal["RAS", "image"]


@dataclass(frozen=True, eq=False)
class Grid(ArrayValue):
    """A regular lattice: its shape and the affine from index to world.

    An integer index is an element's centre. Volumes and slices of the body are in RAS millimetres; a picture is
    (row, column), frame "image", in pixels, or in millimetres where its pixel spacing is known.

    shape: (i, j) or (i, j, k).  affine: (d+1, d+1) float64, index to world.
    """

    shape: tuple[int, ...]
    affine: NDArray[np.float64]
    unit: Unit = "mm"
    frame: Frame = "RAS"

    def __post_init__(self) -> None:
        object.__setattr__(self, "shape", tuple(int(n) for n in self.shape))
        affine = np.array(self.affine, dtype=np.float64)
        d = len(self.shape)
        if affine.shape != (d + 1, d + 1):
            raise ValueError(f"a grid of {d} axes needs an affine of {d + 1} x {d + 1}, not {affine.shape}")
        affine.setflags(write=False)
        object.__setattr__(self, "affine", affine)

    @staticmethod
    def regular(shape: tuple[int, ...], spacing: ArrayLike = 1.0, origin: ArrayLike = 0.0) -> Grid:
        """A volume's grid along the world axes: spacing and origin in mm, a number or one for each axis."""
        d = len(shape)
        affine = np.eye(d + 1)
        affine[:d, :d] = np.diag(np.broadcast_to(np.asarray(spacing, float), (d,)))
        affine[:d, d] = origin
        return Grid(shape, affine)

    @staticmethod
    def picture(shape: tuple[int, ...], spacing: float | None = None) -> Grid:
        """A picture's grid (rows, columns): in pixels, or in mm where the pixel spacing is known."""
        affine = np.diag([spacing or 1.0, spacing or 1.0, 1.0])
        return Grid(shape, affine, "px" if spacing is None else "mm", "image")

    @property
    def ndim(self) -> int:
        """Number of axes."""
        return len(self.shape)

    @cached_property
    def spacing(self) -> tuple[float, ...]:
        """Distance between neighbouring centres along each index axis, in `unit`."""
        return tuple(float(s) for s in np.linalg.norm(self.affine[: self.ndim, : self.ndim], axis=0))

    @property
    def extent(self) -> tuple[float, ...]:
        """Field of view along each index axis, edge to edge, in `unit`."""
        return tuple(n * s for n, s in zip(self.shape, self.spacing, strict=True))

    @property
    def voxel_volume(self) -> float:
        """Volume (area in 2D) of one element, in `unit` to the power of d."""
        return float(abs(np.linalg.det(self.affine[: self.ndim, : self.ndim])))

    def to_world(self, index: ArrayLike) -> NDArray[np.float64]:
        """World coordinates (N, d) of indices (N, d); halves are allowed."""
        points = np.asarray(index, dtype=np.float64).reshape(-1, self.ndim)
        return points @ self.affine[: self.ndim, : self.ndim].T + self.affine[: self.ndim, self.ndim]

    def to_index(self, world: ArrayLike) -> NDArray[np.float64]:
        """Indices (N, d), not rounded, of world coordinates (N, d)."""
        points = np.asarray(world, dtype=np.float64).reshape(-1, self.ndim)
        inverse = np.linalg.inv(self.affine)
        return points @ inverse[: self.ndim, : self.ndim].T + inverse[: self.ndim, self.ndim]

    def contains(self, world: ArrayLike) -> NDArray[np.bool_]:
        """Which world points (N, d) lie in some element of the grid, borders included."""
        index = self.to_index(world)
        return np.all((index >= -0.5) & (index <= np.array(self.shape) - 0.5), axis=1)

    def meets(self, other: Grid) -> bool:
        """Whether two grids may share a place: neither lies wholly beyond one of the other's faces."""
        return not (self._is_beyond(other) or other._is_beyond(self))

    def _is_beyond(self, other: Grid) -> bool:
        """Whether all corners of the other grid lie on the far side of one of this grid's faces."""
        edges = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in other.shape], indexing="ij")).reshape(other.ndim, -1).T
        index = self.to_index(other.to_world(edges))
        return bool(((index.max(axis=0) <= -0.5) | (index.min(axis=0) >= np.array(self.shape) - 0.5)).any())

    def close_to(self, other: Grid, tolerance: float = 1e-3) -> bool:
        """Whether both grids put every element at the same place, within a share of an element's size."""
        if self.shape != other.shape or self.unit != other.unit or self.frame != other.frame:
            return False
        apart = np.abs(self._corners() - other._corners()).max(initial=0.0)
        return bool(apart <= tolerance * max(min(self.spacing), 1e-12))

    def farthest_from(self, other: Grid) -> float:
        """The longest way between the places that two grids of one shape give the same element, in their unit."""
        return float(np.linalg.norm(self._corners() - other._corners(), axis=1).max())

    def _corners(self) -> NDArray[np.float64]:
        """World points of the outermost elements (2 ** d, d)."""
        ends = np.meshgrid(*[(0, n - 1) for n in self.shape], indexing="ij")
        return self.to_world(np.array(ends).reshape(self.ndim, -1).T)

    def __repr__(self) -> str:
        size = "x".join(map(str, self.shape))
        step = "x".join(f"{s:.3g}" for s in self.spacing)
        return f"Grid({size} at {step} {self.unit}, {self.frame})"
