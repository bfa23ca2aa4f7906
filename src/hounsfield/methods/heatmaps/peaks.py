"""From heatmaps to points: the highest place, finer than an element, and how much of a Gaussian stands there."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hounsfield.ops.points import heatmap
from hounsfield.ops.tiles import tile_starts

REACH = 2.5  # sigmas around the highest element that tell where the point is

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def points_in(
    network: Network,
    image: NDArray[np.float32],
    *,
    size: Sequence[int],
    multiple: Sequence[int],
    sigma: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Indices (K, d) of the points of an image (C, *shape), and the probability (K,) that each is there.

    network: (C, *window) -> heatmaps (K, *window).  An image of about `size` is seen whole, in the middle of what goes
    on as at its edge, as in training; of a much larger one, windows of that size, of which the one counts that is
    surest and sees the point far from its own edge.
    """
    whole = [max(n, math.ceil(wanted / m) * m) for n, wanted, m in zip(size, image.shape[1:], multiple, strict=True)]
    window = tuple(whole if math.prod(whole) <= 2 * math.prod(size) else size)
    room = [max(0, w - n) for n, w in zip(image.shape[1:], window, strict=True)]
    padded = np.pad(image, [(0, 0), *((r // 2, r - r // 2) for r in room)], mode="edge")
    places, presences, merits = [], [], []  # a row for each window
    for start in tile_starts(padded.shape[1:], window):
        place = tuple(slice(s, s + w) for s, w in zip(start, window, strict=True))
        maps = np.nan_to_num(network(np.ascontiguousarray(padded[(slice(None), *place)])))
        found = [peak(each, sigma) for each in maps]
        places.append([index + start for index, _ in found])
        presences.append([presence for _, presence in found])
        merits.append([presence * (0.5 + 0.5 * _centrality(index, window)) for index, presence in found])
    best, each_point = np.argmax(merits, axis=0), np.arange(len(presences[0]))
    return np.array(places)[best, each_point] - [r // 2 for r in room], np.array(presences)[best, each_point]


def _centrality(index: NDArray[np.float64], window: Sequence[int]) -> float:
    """How far from a window's edge an index lies: 0 at the edge, 1 in the middle."""
    half = np.array(window) / 2
    return float((1 - np.abs(index + 0.5 - half) / half).min())


def peak(found: NDArray[np.float32], sigma: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Index (d,), not rounded, of the point of a heatmap (*shape), and the probability that it is there.

    The index is the centroid of the squared heatmap around the highest element: squared, so that what is low and far
    counts less; no farther than to the nearest edge along each axis, which would pull it inwards. The probability is
    the sum of the heatmap there against that of a whole Gaussian: what spreads because the place is unsure still sums
    to the probability, while its height falls.
    """
    highest = np.array(np.unravel_index(int(found.argmax()), found.shape))
    reach = np.ceil(REACH * sigma).astype(int)
    index = _centroid(found, highest, np.minimum(reach, np.minimum(highest, np.array(found.shape) - 1 - highest)))
    low, high = np.maximum(highest - reach, 0), np.minimum(highest + reach + 1, found.shape)
    around = found[tuple(slice(a, b) for a, b in zip(low, high, strict=True))]
    gaussian = heatmap((index - low)[None], around.shape, sigma)
    return index, float(np.clip(around.sum() / gaussian.sum(), 0.0, 1.0))


def _centroid(
    found: NDArray[np.float32], middle: NDArray[np.integer], reach: NDArray[np.integer]
) -> NDArray[np.float64]:
    """Centroid (d,) of a heatmap's squares, up to `reach` from the middle; the middle where all are zero."""
    low = middle - reach
    weights = found[tuple(slice(a, b) for a, b in zip(low, middle + reach + 1, strict=True))].astype(np.float64) ** 2
    if not weights.any():
        return middle.astype(np.float64)
    inside = [float((line * weights).sum()) for line in np.indices(weights.shape)]
    return np.asarray(low + np.array(inside) / weights.sum(), np.float64)
