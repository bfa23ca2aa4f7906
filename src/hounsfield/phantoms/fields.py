"""Smooth random fields."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Array = NDArray[np.floating]  # float32 over a whole grid, float64 for single points


def smooth_field(rng: np.random.Generator, shape: tuple[int, ...], sigma: float | tuple[float, ...]) -> Array:
    """White noise blurred by a Gaussian of SD `sigma` (elements), mean 0 and SD 1 over the array; float32."""
    field = ndimage.gaussian_filter(rng.standard_normal(shape, dtype=np.float32), sigma, mode="wrap")
    standard: Array = (field - field.mean()) / max(float(field.std()), 1e-12)
    return standard


class LatticeField:
    """A random field over all of space that can be asked at any point: SD 1 at its nodes, repeating far away.

    step_mm: distance of the nodes; values between them are linear.
    """

    def __init__(self, rng: np.random.Generator, step_mm: float, nodes: int = 48) -> None:
        self.step_mm = step_mm
        self.nodes = smooth_field(rng, (nodes, nodes, nodes), 0.7)

    def at(self, points: Array) -> Array:
        """The field at points (3, N) in mm."""
        values: Array = ndimage.map_coordinates(
            self.nodes, points / self.step_mm, order=1, mode="grid-wrap", prefilter=False
        )
        return values
