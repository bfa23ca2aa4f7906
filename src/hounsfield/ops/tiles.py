"""Windows of one size over an array of any: where they start, how they are blended, where one is drawn."""

from __future__ import annotations

from itertools import product

import numpy as np
from numpy.typing import NDArray


def tile_starts(shape: tuple[int, ...], patch: tuple[int, ...], overlap: float = 0.5) -> list[tuple[int, ...]]:
    """Starts of windows that cover everything, evenly spread, overlapping by at least this share of a window.

    Where an axis is shorter than the window its only start is 0, and padding is the caller's.
    """
    if not 0 <= overlap < 1:
        raise ValueError(f"overlap is a share from 0 up to below 1, not {overlap}")
    lines = []
    for n, p in zip(shape, patch, strict=True):
        room = max(n - p, 0)
        step = max(1, int(p * (1 - overlap)))
        count = -(-room // step) + 1
        # evenly spread starts, rounded, are at most `step` apart: the largest even gap is no larger than it
        lines.append([(room * i + (count - 1) // 2) // max(count - 1, 1) for i in range(count)])
    return list(product(*lines))


def gaussian_weight(patch: tuple[int, ...], *, sigma: float = 0.125) -> NDArray[np.float32]:
    """Weights (*patch) for blending windows: 1 at the middle, falling like a Gaussian, never below 0.001.

    sigma: in shares of the window; 1/8 as in nnU-Net.
    """
    weight = np.ones(patch)
    for axis, n in enumerate(patch):
        x = (np.arange(n) - (n - 1) / 2) / (sigma * n)
        weight *= np.exp(-0.5 * x**2).reshape([-1 if a == axis else 1 for a in range(len(patch))])
    return np.maximum(weight / weight.max(), 1e-3).astype(np.float32)


def foreground_patch_start(
    rng: np.random.Generator, voxels: NDArray[np.integer], shape: tuple[int, ...], patch: tuple[int, ...]
) -> tuple[int, ...]:
    """Start of a window around one of these voxels (N, d), as central as the array's edges allow.

    Without voxels it is anywhere. Where an axis is shorter than the window its start is 0.
    """
    room = [max(n - p, 0) for n, p in zip(shape, patch, strict=True)]
    if len(voxels) == 0:
        return tuple(int(rng.integers(r + 1)) for r in room)
    chosen = voxels[int(rng.integers(len(voxels)))]
    return tuple(int(np.clip(int(x) - p // 2, 0, r)) for x, p, r in zip(chosen, patch, room, strict=True))
