"""The displacement: cubic B-splines on coarse control points (Rueckert et al. 1999), those of all levels added up."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from hounsfield.methods.deformable.alignment import Alignment, falling
from hounsfield.methods.deformable.pyramid import Level, Likeness
from hounsfield.values import Grid

RATE = 0.2  # of Adam, in elements of the level
LEAST_JACOBIAN = 0.2  # local volumes below this share of the original cost extra, so that nothing folds
FOLDING_WEIGHT = 20.0


class Splines:
    """A displacement over a grid's field of view, (d, ...) in mm along the world's axes. grid: axes in world order."""

    def __init__(self, grid: Grid, device: torch.device) -> None:
        self.grid, self.device = grid, device
        self.controls: list[Tensor] = []

    def refine(self, apart_mm: float) -> Tensor:
        """Another set of control points, about so far apart, all 0; gives the tensor to optimise."""
        intervals = [max(1, round(extent / apart_mm)) for extent in self.grid.extent]
        shape = (self.grid.ndim, *(n + 3 for n in intervals))
        self.controls.append(torch.zeros(shape, device=self.device, requires_grad=True))
        return self.controls[-1]

    def on(self, grid: Grid) -> Tensor:
        """The displacement (d, *grid.shape) on a grid of the same field of view and axes."""
        total = torch.zeros((grid.ndim, *grid.shape), device=self.device)
        for control in self.controls:
            field = control
            for axis in range(grid.ndim):
                weights = self._weights(grid, axis, control.shape[axis + 1] - 3)
                field = torch.tensordot(field, weights, dims=([1], [1]))  # the new axis goes to the end
            total = total + field
        return total

    def _weights(self, grid: Grid, axis: int, intervals: int) -> Tensor:
        """Weights (n, intervals + 3) of the control points at an axis' elements (Unser 1999)."""
        scale = grid.spacing[axis] / self.grid.spacing[axis]
        n, whole = grid.shape[axis], self.grid.shape[axis]
        index = (np.arange(n) - (n - 1) / 2) * scale + (whole - 1) / 2
        place = np.clip((index + 0.5) / whole, 0, 1) * intervals
        apart = np.abs(place[:, None] - (np.arange(intervals + 3) - 1))
        near, far = 2 / 3 - apart**2 + apart**3 / 2, (2 - np.minimum(apart, 2)) ** 3 / 6
        return torch.from_numpy(np.where(apart < 1, near, far).astype(np.float32)).to(self.device)


def bend(
    levels: Sequence[Level],
    like: Likeness,
    start: Alignment,
    splines: Splines,
    *,
    iterations: int,
    apart: float,
    smoothness: float,
) -> None:
    """Move the splines so that the images become most alike: Adam, coarse to fine.

    apart: elements of each level between its control points.  smoothness: weight of the displacement's squared slope
    (diffusion), which has no unit.
    """
    for level in levels:
        splines.refine(apart * level.step)
        optimizer = torch.optim.Adam(splines.controls)
        for step in range(iterations):
            optimizer.param_groups[0]["lr"] = falling(RATE * level.step, step, iterations)
            u = splines.on(level.fixed_grid)
            loss = smoothness_cost(u, level.fixed_grid, smoothness) - level.likeness(like, start.at(level.points + u))
            optimizer.zero_grad(set_to_none=True)
            torch.autograd.backward(loss)
            optimizer.step()


def smoothness_cost(u: Tensor, grid: Grid, weight: float) -> Tensor:
    """weight * mean squared slope of u (d, *shape), and a steep price for folding."""
    slopes = _slopes(u, grid)
    diffusion = slopes.square().sum(dim=(0, 1)).mean()
    folding = (LEAST_JACOBIAN - _determinant(slopes)).clamp_min(0).square().mean()
    return weight * diffusion + FOLDING_WEIGHT * folding


def _slopes(u: Tensor, grid: Grid) -> Tensor:
    """Derivatives (component, world direction, *shape) by central differences."""
    to_index = torch.from_numpy(np.linalg.inv(grid.affine[: grid.ndim, : grid.ndim])).to(u)
    # along an axis of one element nothing changes
    along = [torch.gradient(u, dim=a + 1)[0] if n > 1 else torch.zeros_like(u) for a, n in enumerate(grid.shape)]
    return torch.einsum("wa...,av->wv...", torch.stack(along, dim=1), to_index)


def _determinant(slopes: Tensor) -> Tensor:
    """Local change of volume (*shape) of x + u(x)."""
    d = len(slopes)
    rows = [[slopes[w, v] + float(w == v) for v in range(d)] for w in range(d)]
    if d == 2:
        return rows[0][0] * rows[1][1] - rows[0][1] * rows[1][0]
    (a, b, c), (e, f, g), (h, i, j) = rows
    return a * (f * j - g * i) - b * (e * j - g * h) + c * (e * i - f * h)
