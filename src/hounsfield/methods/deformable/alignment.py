"""The affine part: from a rough start to turning, scaling and shearing, by gradient descent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hounsfield.methods.deformable.pyramid import Level, Likeness, middle
from hounsfield.values import Grid

RATE = 0.02  # of Adam: per step a point at the image's edge moves by this share of the image's radius
LAST_SHARE = 0.1  # of the rate, at the last step


@dataclass(frozen=True)
class Alignment:
    """y = matrix @ x + shift, x in mm from the middle of the fixed image, y in mm from that of the moving one."""

    matrix: Tensor
    shift: Tensor

    def at(self, points: Tensor) -> Tensor:
        """y (d, *shape) for x (d, *shape)."""
        turned: Tensor = torch.tensordot(self.matrix, points, dims=1)
        return turned + self.shift.reshape(-1, *(1,) * (points.ndim - 1))

    def affine(self, fixed: Grid, moving: Grid) -> NDArray[np.float64]:
        """The same as an affine (d+1, d+1) from the fixed world to the moving world."""
        d = fixed.ndim
        affine = np.eye(d + 1)
        affine[:d, :d] = self.matrix.cpu().numpy()
        affine[:d, d] = middle(moving) + self.shift.cpu().numpy() - affine[:d, :d] @ middle(fixed)
        return affine


def align(levels: Sequence[Level], like: Likeness, *, iterations: int) -> Alignment:
    """The affine map that makes both images most alike: turned and shifted first, then scaled and sheared as well."""
    best = max(_starts(levels[0]), key=lambda start: float(levels[0].likeness(like, start.at(levels[0].points))))
    best = _descend(levels[0], like, best, iterations=iterations, is_rigid=True)
    for level in levels[:2]:  # finer ones cost more and move the affine part by less than an element
        best = _descend(level, like, best, iterations=iterations, is_rigid=False)
    return best


def _starts(level: Level) -> list[Alignment]:
    """As the scanner placed them; middle on middle; centre of mass on centre of mass."""
    d = level.fixed_grid.ndim
    offset = torch.from_numpy(middle(level.fixed_grid) - middle(level.moving_grid))
    masses = _centre_of_mass(level.moving, level.moving_grid) - _centre_of_mass(level.fixed, level.fixed_grid)
    one = torch.eye(d).to(level.fixed)
    return [Alignment(one, shift.to(level.fixed)) for shift in (offset, torch.zeros(d), masses)]


def _centre_of_mass(image: Tensor, grid: Grid) -> Tensor:
    """In mm from the middle of the grid; the darkest element weighs nothing."""
    weights = image[0].mean(dim=0).cpu().double().numpy()
    weights = weights - weights.min()
    index = np.indices(grid.shape).reshape(grid.ndim, -1)
    mean = (index * weights.reshape(-1)).sum(axis=1) / max(weights.sum(), 1e-12)
    return torch.from_numpy(grid.to_world(mean)[0] - middle(grid) if weights.sum() > 0 else np.zeros(grid.ndim))


def _descend(level: Level, like: Likeness, start: Alignment, *, iterations: int, is_rigid: bool) -> Alignment:
    """Adam (Kingma and Ba 2015) on the logarithm of what is to be multiplied to the start, and on the shift."""
    d = level.fixed_grid.ndim
    radius = max(level.fixed_grid.extent) / 2
    turn = torch.zeros(d, d).to(level.fixed).requires_grad_()
    shift = torch.zeros(d).to(level.fixed).requires_grad_()

    def moved() -> Alignment:
        rate = 0.5 * (turn - turn.T) if is_rigid else turn
        return Alignment(torch.linalg.matrix_exp(rate) @ start.matrix, start.shift + radius * shift)

    optimizer = torch.optim.Adam([turn, shift], lr=RATE)
    for step in range(iterations):
        optimizer.param_groups[0]["lr"] = falling(RATE * min(1.0, level.step / radius * 10), step, iterations)
        optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(-level.likeness(like, moved().at(level.points)))
        optimizer.step()
    end = moved()
    return Alignment(end.matrix.detach(), end.shift.detach())


def falling(rate: float, step: int, steps: int) -> float:
    """The learning rate of a step: falls linearly to a tenth."""
    return rate * (1 - (1 - LAST_SHARE) * step / max(1, steps - 1))
