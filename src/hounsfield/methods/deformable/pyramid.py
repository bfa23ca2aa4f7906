"""Two images at a few resolutions, ready to be compared: coarse ones first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from scipy import ndimage
from torch import Tensor

from hounsfield.ops.intensity import normalise, zscore
from hounsfield.ops.resampling import canonical, regrid, resample
from hounsfield.ops.similarity import lncc, mind, mse, ncc
from hounsfield.values import Grid, Image

COARSEST = 8  # elements that an axis keeps in the coarsest level, where it has as many
RADIUS = 3  # of the windows of the local correlation, in elements

Likeness = Callable[[Tensor, Tensor], Tensor]
LIKENESS: dict[str, Likeness] = {
    "lncc": partial(lncc, radius=RADIUS),
    "ncc": ncc,
    "mind": lambda a, b: -mse(a, b),
}


@dataclass(frozen=True)
class Level:
    """Both images at one resolution. fixed, moving: (1, C, *shape) of their own grids, axes in the world's order."""

    fixed: Tensor
    moving: Tensor
    fixed_grid: Grid
    moving_grid: Grid

    @cached_property
    def points(self) -> Tensor:
        """World positions (d, *shape) of the fixed elements, in mm from the middle of the fixed image."""
        index = np.indices(self.fixed_grid.shape).reshape(self.fixed_grid.ndim, -1).T
        world = self.fixed_grid.to_world(index) - middle(self.fixed_grid)
        return torch.from_numpy(world.T.reshape(-1, *self.fixed_grid.shape).astype(np.float32)).to(self.fixed.device)

    @property
    def step(self) -> float:
        """The smallest spacing of the fixed image here, in mm."""
        return min(self.fixed_grid.spacing)

    def likeness(self, like: Likeness, at: Tensor) -> Tensor:
        """How alike the fixed image is to the moving one seen at positions (d, *shape), in mm from its middle.

        Where nothing was measured both are 0, their mean, so that neither is drawn to it nor driven from it.
        """
        moved, is_inside = self._seen(at)
        return like(self.fixed * is_inside, moved * is_inside)

    def _seen(self, at: Tensor) -> tuple[Tensor, Tensor]:
        d, shape = self.moving_grid.ndim, self.moving_grid.shape
        to_index = np.linalg.inv(self.moving_grid.affine[:d, :d])
        last = np.array(shape, np.float64) - 1
        # torch wants -1..1 from the first centre to the last, the last axis first
        scale = torch.from_numpy((2 / np.maximum(last, 1))[:, None] * to_index).to(at)
        places = torch.tensordot(scale, at, dims=1)
        limit = torch.from_numpy((last + 1) / np.maximum(last, 1)).to(at).reshape(-1, *(1,) * d)
        is_inside = (places.detach().abs() <= limit).all(dim=0).to(at.dtype)
        flow = places.flip(0).movedim(0, -1)[None]
        return F.grid_sample(self.moving, flow, padding_mode="border", align_corners=True), is_inside


def middle(grid: Grid) -> NDArray[np.float64]:
    """The world position (d,) of a grid's middle."""
    position: NDArray[np.float64] = grid.to_world((np.array(grid.shape) - 1) / 2)[0]
    return position


def pyramid(
    fixed: Image, moving: Image, *, levels: int, most_elements: int, similarity: str, device: str
) -> list[Level]:
    """Levels of half the resolution each, coarsest first, the finest of `most_elements` in the fixed image at most."""
    images = [_canonical(fixed), _canonical(moving)]
    finest = min(images[0][1].spacing) * max(1.0, _excess(images[0][1], most_elements))
    found = []
    for number in reversed(range(levels)):
        looks = [_at(array, grid, finest * 2**number) for array, grid in images]
        tensors = [_features(array, similarity).to(device) for array, _ in looks]
        found.append(Level(tensors[0], tensors[1], looks[0][1], looks[1][1]))
    return found


def _canonical(image: Image) -> tuple[NDArray[np.float32], Grid]:
    array, grid = canonical(image.array(), image.grid)
    return normalise(array, "range"), grid


def _excess(grid: Grid, most_elements: int) -> float:
    """How much coarser than its smallest spacing a grid has to be for so many elements."""
    base, factor = min(grid.spacing), 1.0
    while np.prod([e / max(s, base * factor) for e, s in zip(grid.extent, grid.spacing, strict=True)]) > most_elements:
        factor *= 1.05
    return factor


def _at(array: NDArray[np.float32], grid: Grid, step: float) -> tuple[NDArray[np.float32], Grid]:
    """The image at a spacing of `step` mm, blurred accordingly; a coarser axis, or one that would vanish, waits."""
    wanted = [max(s, min(step, n * s / min(n, COARSEST))) for n, s in zip(grid.shape, grid.spacing, strict=True)]
    if np.allclose(wanted, grid.spacing):
        return array, grid
    ratios = np.array(wanted) / np.array(grid.spacing)
    blurred = ndimage.gaussian_filter(array, (0, *0.5 * np.sqrt(np.maximum(ratios**2 - 1, 0))), mode="nearest")
    coarse = regrid(grid, wanted)
    return resample(blurred, grid, coarse, fill="nearest").astype(np.float32), coarse


def _features(array: NDArray[np.float32], similarity: str) -> Tensor:
    image = torch.from_numpy(zscore(array))[None]
    if similarity != "mind":
        return image
    described = mind(image)
    return described - described.mean()
