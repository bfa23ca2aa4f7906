"""Solids as signed distances in mm: negative inside, true to scale near zero only, which is enough for soft edges."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from hounsfield.phantoms.fields import Array


@dataclass(frozen=True)
class Place:
    """Points in body coordinates: x, y, z (N,), and how deep below the skin they lie, in mm."""

    x: Array
    y: Array
    z: Array
    depth: Array

    def at(self, index: NDArray[np.integer]) -> Place:
        """Some of the points."""
        return Place(self.x[index], self.y[index], self.z[index], self.depth[index])


def ellipsoid(
    x: Array,
    y: Array,
    z: Array | float,
    centre: ArrayLike,
    radii: ArrayLike,
) -> Array:
    """Distance to an ellipsoid, of first order near its surface: k (k - 1) / |p / r^2| with k = |p / r|."""
    (a, b, c), (cx, cy, cz) = np.asarray(radii, np.float32), np.asarray(centre, np.float32)
    x, y, z = (x - cx) / a, (y - cy) / b, (z - cz) / c
    k = np.sqrt(x * x + y * y + z * z)
    slope = np.sqrt((x / a) ** 2 + (y / b) ** 2 + (z / c) ** 2 + 1e-9)
    distance: Array = k * (k - 1) / slope
    return distance


def all_of(*distances: Array) -> Array:
    """Distance to what lies in every solid."""
    out = distances[0]
    for distance in distances[1:]:
        out = np.maximum(out, distance)
    return out


def any_of(*distances: Array) -> Array:
    """Distance to what lies in at least one solid."""
    out = distances[0]
    for distance in distances[1:]:
        out = np.minimum(out, distance)
    return out


def melt(a: Array, b: Array, width: float) -> Array:
    """Distance to what lies in either, rounded over `width` mm where they meet (polynomial smooth minimum)."""
    h = np.maximum(width - np.abs(a - b), 0) / width
    return np.minimum(a, b) - h * h * width / 4


def repeated(z: Array, period: float) -> Array:
    """Signed distance from the nearest multiple of the period."""
    return z - period * np.round(z / period)


def step(t: Array) -> Array:
    """A smooth step from 0 to 1 around 0."""
    return 0.5 + 0.5 * np.tanh(t)


def box(*ranges: tuple[float, float]) -> NDArray[np.float32]:
    """Bounds (3, 2) from low and high along x, y and z."""
    return np.array(ranges, np.float32)


def around(centre: Array, reach: float) -> NDArray[np.float32]:
    """Bounds (3, 2) that reach equally far from a centre."""
    return np.stack([centre - reach, centre + reach], axis=1).astype(np.float32)
