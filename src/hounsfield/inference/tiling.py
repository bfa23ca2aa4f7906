"""A network over a whole image, window by window, blended."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.ops.tiles import gaussian_weight, tile_starts

Network = Callable[[NDArray[np.float32]], NDArray[np.float32]]


def tiled(
    network: Network, image: NDArray[Any], *, patch: tuple[int, ...], multiple: tuple[int, ...], overlap: float = 0.5
) -> NDArray[np.float32]:
    """Class probabilities (K, *shape) of an image (C, *shape).

    network: (1, C, *window) -> logits (1, K, *window).  A window is the patch, or the whole image where that is not
    much larger; what lies outside the image goes on as at its edge.  multiple: what a window's sides are multiples of.
    """
    shape = image.shape[1:]
    # a tiny image is seen with a margin: the coarsest map needs more than one element to be normalised
    least = (min(2 * m, p) for m, p in zip(multiple, patch, strict=True))
    whole = tuple(max(math.ceil(n / m) * m, few) for n, m, few in zip(shape, multiple, least, strict=True))
    window = whole if math.prod(whole) <= 2 * math.prod(patch) else patch
    padded = _padded(image, tuple(max(n, w) for n, w in zip(shape, window, strict=True)))
    weight = gaussian_weight(window)
    total: NDArray[np.float32] | None = None
    weights = np.zeros(padded.shape[1:], np.float32)
    for start in tile_starts(padded.shape[1:], window, overlap):
        place = tuple(slice(s, s + w) for s, w in zip(start, window, strict=True))
        probabilities = softmax(network(np.ascontiguousarray(padded[(slice(None), *place)])[None])[0])
        if total is None:
            total = np.zeros((len(probabilities), *padded.shape[1:]), np.float32)
        total[(slice(None), *place)] += probabilities * weight
        weights[place] += weight
    assert total is not None, "an image has at least one window"
    return (total / weights)[(slice(None), *(slice(0, n) for n in shape))]


def _padded(image: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    room = [(0, 0), *((0, wanted - n) for n, wanted in zip(image.shape[1:], shape, strict=True))]
    return np.pad(image, room, mode="edge")


def softmax(logits: NDArray[np.float32]) -> NDArray[np.float32]:
    """Probabilities over the first axis."""
    raised = np.exp(logits - logits.max(axis=0, keepdims=True))
    return np.asarray(raised / raised.sum(axis=0, keepdims=True), np.float32)
