"""Smooth movements of the world: how a body stands in it, and what lies between two scans."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from hounsfield.phantoms.fields import Array
from hounsfield.values import Grid

_EDGE_VOXELS = 8.0  # over which a displacement falls to zero towards the border of its grid


@dataclass(frozen=True)
class Waves:
    """A smooth displacement as a sum of plane waves: sum of bends[m] sin(vectors[m] . p + phases[m]).

    vectors: (M, 3) 1/mm.  phases: (M,).  bends: (M, 3) mm.
    """

    vectors: NDArray[np.float64]
    phases: NDArray[np.float64]
    bends: NDArray[np.float64]

    @staticmethod
    def draw(rng: np.random.Generator, count: int, *, length_mm: tuple[float, float], sd_mm: float) -> Waves:
        """Waves of random direction; lengths uniform in the range, bends normal."""
        directions = rng.standard_normal((count, 3))
        directions /= np.linalg.norm(directions, axis=1, keepdims=True)
        vectors = directions * (2 * np.pi / rng.uniform(*length_mm, (count, 1)))
        return Waves(vectors, rng.uniform(0, 2 * np.pi, count), rng.normal(0, sd_mm, (count, 3)))

    def at(self, points: Array) -> Array:
        """Displacement (3, N) at points (3, N), in the points' own precision."""
        kind = points.dtype
        return self.bends.T.astype(kind) @ np.sin(
            self.vectors.astype(kind) @ points + self.phases.astype(kind)[:, None]
        )


@dataclass(frozen=True)
class Pose:
    """Where a body stands in the world: body coordinates are q + waves(q) with q = matrix @ (world - shift).

    matrix: (3, 3).  shift: (3,) mm.
    """

    matrix: NDArray[np.float64]
    shift: NDArray[np.float64]
    waves: Waves

    def to_body(self, world: Array) -> Array:
        """Body coordinates (3, N) of world points (3, N), in the points' own precision."""
        kind = world.dtype
        straight = self.matrix.astype(kind) @ (world - self.shift.astype(kind)[:, None])
        return straight + self.waves.at(straight)

    def to_world(self, body: NDArray[np.float64]) -> NDArray[np.float64]:
        """World points (3, N) of body coordinates (3, N)."""
        back = np.linalg.inv(self.matrix)
        return _solve(self.to_body, body, start=back @ body + self.shift[:, None], slope=back)


@dataclass(frozen=True)
class Deformation:
    """T(x) = affine @ (x + u(x)) from the world of `grid` to another; u falls to zero at the border of the grid."""

    grid: Grid
    affine: NDArray[np.float64]
    waves: Waves

    @staticmethod
    def draw(rng: np.random.Generator, grid: Grid, *, peak_mm: float) -> Deformation:
        """A random T: turned by a few degrees, shifted by some mm, and bent by up to `peak_mm` without folding."""
        turn = Rotation.from_rotvec(np.deg2rad(rng.normal(0, 3, 3))).as_matrix() * rng.uniform(0.96, 1.04)
        centre = grid.to_world((np.array(grid.shape) - 1) / 2)[0]
        affine = np.eye(4)
        affine[:3, :3] = turn
        affine[:3, 3] = centre - turn @ centre + rng.normal(0, 6, 3)
        waves = Waves.draw(rng, 6, length_mm=(110, 240), sd_mm=1)
        u = Deformation(grid, affine, waves).displacement()
        factor = peak_mm / max(float(np.linalg.norm(u, axis=0).max()), 1e-6)
        while _least_jacobian(u * factor, grid) < 0.3:
            factor *= 0.85
        return Deformation(grid, affine, Waves(waves.vectors, waves.phases, waves.bends * factor))

    def bend(self, points: Array) -> Array:
        """u (3, N) at world points (3, N)."""
        kind = points.dtype
        inverse = np.linalg.inv(self.grid.affine).astype(kind)
        index = inverse[:3, :3] @ points + inverse[:3, 3:]
        last = np.array(self.grid.shape, kind)[:, None] - 1
        inwards = np.minimum(index, last - index) / min(_EDGE_VOXELS, float(last.min()) / 4)
        window = np.prod(np.sin(np.clip(inwards, 0, 1) * kind.type(np.pi / 2)) ** 2, axis=0)
        bent: Array = self.waves.at(points) * window
        return bent

    def apply(self, points: Array) -> Array:
        """T at world points (3, N)."""
        kind = points.dtype
        return self.affine[:3, :3].astype(kind) @ (points + self.bend(points)) + self.affine[:3, 3:].astype(kind)

    def undo(self, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """The inverse of T at points (3, N) of the other world."""
        back = np.linalg.inv(self.affine)
        start = back[:3, :3] @ points + back[:3, 3:]
        return _solve(self.apply, points, start=start, slope=back[:3, :3])

    def displacement(self) -> NDArray[np.float32]:
        """u (3, *grid.shape) at the centres of the grid."""
        return self.bend(centres(self.grid, np.float32)).reshape(3, *self.grid.shape).astype(np.float32)


def centres(grid: Grid, kind: type[np.floating]) -> Array:
    """World coordinates (3, N) of all centres of a grid, in C order."""
    index = np.indices(grid.shape, dtype=kind).reshape(3, -1)
    return grid.affine[:3, :3].astype(kind) @ index + grid.affine[:3, 3:].astype(kind)


def _solve(
    forward: Callable[[Array], Array],
    goal: Array,
    *,
    start: Array,
    slope: Array,
) -> NDArray[np.float64]:
    """Points that `forward` carries to `goal`, by fixed-point steps with an approximate inverse slope (3, 3)."""
    point = start.astype(np.float64)
    for _ in range(80):
        point = point - 0.9 * (slope @ (forward(point) - goal))
    return point


def _least_jacobian(u: Array, grid: Grid) -> float:
    """The smallest determinant of the slope of x + u(x) over the grid."""
    inverse = np.linalg.inv(grid.affine[:3, :3]).astype(u.dtype)
    by_index = np.stack([np.stack(np.gradient(component)) for component in u])
    rows = np.einsum("cn...,nw->cw...", by_index, inverse) + np.eye(3, dtype=u.dtype).reshape(3, 3, 1, 1, 1)
    # Written out: the library's determinant of many small matrices takes ten times as long.
    return float(np.einsum("w...,w...->...", rows[0], np.cross(rows[1], rows[2], axis=0)).min())
