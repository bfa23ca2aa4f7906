"""Boxes as cells, and cells as boxes (Zhou et al. 2019, sections 3 and 4).

A cell of stride R covers R elements along each axis: in units of cells, the element x lies at (x + 0.5) / R - 0.5, and
integers are the cells' middles. A heatmap has a 1 in the cell of each object's middle and a Gaussian around it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hounsfield.ops.boxes import volume
from hounsfield.ops.points import heatmap

IGNORED = -1  # the class of an object that is there but is not to be counted
TOLERATED = 0.7  # overlap with the truth that a box moved by one sigma along every axis still has (Law and Deng 2018)
NARROWEST = 0.4  # sigma in cells
SMALLEST = 0.5  # side of an object, in elements: thinner ones have no logarithm to learn
LARGEST = 1e4  # side of an object, in cells, that is believed
MOST = 500  # objects found in a window, the surest ones

Found = tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.float64]]


def encode(
    corners: NDArray[np.float64],
    classes: NDArray[np.integer],
    cells: tuple[int, ...],
    stride: Sequence[int],
    count: int,
) -> dict[str, NDArray[np.float32]]:
    """What a network should say of boxes (N, 2, d) of these classes (N,), of `count` classes, on a map of cells.

    heatmap (count, *cells).  middle (1, *cells): 1 in cells of objects' middles.  size (d, *cells): there the logarithm
    of the sides, offset (d, *cells): there the middle's place, both in cells.  known (1, *cells): 0 within ignored
    objects, but for the middles of others.
    """
    d = len(cells)
    maps = {"heatmap": np.zeros((count, *cells), np.float32), "known": np.ones((1, *cells), np.float32)}
    maps |= {name: np.zeros((width, *cells), np.float32) for name, width in (("size", d), ("offset", d), ("middle", 1))}
    steps = np.asarray(stride, np.float64)
    placed = (np.asarray(corners, np.float64) + 0.5) / steps - 0.5
    # where two objects have their middle in one cell, the smaller one is written last
    for n in np.argsort(-volume(placed), kind="stable"):
        low, high = placed[n]
        if classes[n] == IGNORED:
            maps["known"][0][_within(low, high, cells)] = 0.0
            continue
        sides, middle = np.maximum(high - low, SMALLEST / steps), (low + high) / 2
        cell = np.clip(np.rint(middle).astype(int), 0, np.array(cells) - 1)
        sigma = np.maximum(sides * _share(d), NARROWEST)
        own = maps["heatmap"][classes[n]]
        np.maximum(own, heatmap(cell[None].astype(float), cells, sigma)[0], out=own)
        at: tuple[Any, ...] = (slice(None), *cell)
        maps["size"][at], maps["offset"][at], maps["middle"][at] = np.log(sides), middle - cell, 1.0
    maps["known"] = np.maximum(maps["known"], maps["middle"])
    return maps


def _share(d: int) -> float:
    """Sigma as a share s of the side: moved by it along d axes a box keeps p = (1 - s)^d of itself, IoU p / (2 - p)."""
    return float(1 - (2 * TOLERATED / (1 + TOLERATED)) ** (1 / d))


def _within(low: NDArray[np.float64], high: NDArray[np.float64], cells: tuple[int, ...]) -> tuple[slice, ...]:
    """The cells that a box touches."""
    first, last = np.floor(low + 0.5).astype(int), np.ceil(high + 0.5).astype(int)
    return tuple(slice(max(0, a), min(n, b)) for a, b, n in zip(first, last, cells, strict=True))


def decode(
    probabilities: NDArray[np.float32],
    size: NDArray[np.float32],
    offset: NDArray[np.float32],
    stride: Sequence[int],
    *,
    lowest: float,
) -> Found:
    """Boxes (N, 2, d) in elements, classes (N,) and scores (N,), best first, of what a network says.

    probabilities (K, *cells): a box for each place from `lowest` on whose neighbours are not likelier.
    size, offset: (d, *cells), as in `encode`.
    """
    neighbours = (1, *(3,) * (probabilities.ndim - 1))
    is_peak = (probabilities >= lowest) & (probabilities == ndimage.maximum_filter(probabilities, neighbours))
    places = np.argwhere(is_peak)
    scores = probabilities[tuple(places.T)].astype(np.float64)
    best = np.argsort(-scores, kind="stable")[:MOST]
    places, scores = places[best], scores[best]
    at = (slice(None), *places[:, 1:].T)
    steps = np.asarray(stride, np.float64)
    middle = (places[:, 1:] + offset[at].T + 0.5) * steps - 0.5
    half = np.exp(np.minimum(size[at].T.astype(np.float64), math.log(LARGEST))) * steps / 2
    return np.stack([middle - half, middle + half], axis=1), places[:, 0], scores
