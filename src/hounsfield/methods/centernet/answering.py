"""A network over a whole image, window by window, and the objects that it finds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from hounsfield.inference.trained import Forward
from hounsfield.methods.centernet.cells import Found, decode
from hounsfield.methods.centernet.sizes import cell_stride, total_stride
from hounsfield.ops.boxes import nms
from hounsfield.ops.tiles import tile_starts
from hounsfield.values import Plan

WHOLE = 4  # windows: an image up to so many is seen at once


def found_in(plan: Plan, forward: Forward, image: NDArray[np.float32]) -> Found:
    """Boxes (N, 2, d) in an image's elements (C, *shape), classes (N,) and scores (N,), best first.

    Where windows overlap, each tells of what lies nearer to its own middle; what lies outside the image goes on as at
    its edge.
    """
    multiple, patch = total_stride(plan), tuple(plan["patch"])
    # a tiny image is seen with a margin: the coarsest stage needs more than one place to be normalised
    whole = tuple(max(2, math.ceil(n / m)) * m for n, m in zip(image.shape[1:], multiple, strict=True))
    window = whole if math.prod(whole) <= WHOLE * math.prod(patch) else tuple(map(min, whole, _doubled(patch)))
    padded = np.pad(image, [(0, 0), *((0, w - n) for n, w in zip(image.shape[1:], whole, strict=True))], mode="edge")
    parts = []
    for start in tile_starts(whole, window):
        place = tuple(slice(s, s + w) for s, w in zip(start, window, strict=True))
        said = forward({"image": np.ascontiguousarray(padded[(slice(None), *place)])[None]})
        maps = (expit(said["heatmap"][0]), said["size"][0], said["offset"][0])
        corners, classes, scores = decode(*maps, cell_stride(plan), lowest=plan["lowest_score"])
        is_own = _is_own(corners, start, window, whole)
        parts.append((corners[is_own] + np.array(start), classes[is_own], scores[is_own]))
    corners, classes, scores = (np.concatenate(together) for together in zip(*parts, strict=True))
    return _without_repeats(corners, classes, scores, plan["overlap"])


def _doubled(patch: tuple[int, ...]) -> tuple[int, ...]:
    """A window of at most WHOLE patches."""
    return (2 * patch[0], 2 * patch[1], *patch[2:])


def _is_own(
    corners: NDArray[np.float64], start: tuple[int, ...], window: tuple[int, ...], whole: tuple[int, ...]
) -> NDArray[np.bool_]:
    """Boxes whose middle does not lie in the outer quarter of a window, but where the image ends there too."""
    middle, room = corners.mean(axis=1), np.array(window) / 4
    ends_low, ends_high = np.array(start) == 0, np.array(start) + window == np.array(whole)
    is_inside = ((middle >= room - 0.5) | ends_low) & ((middle <= window - room - 0.5) | ends_high)
    return np.asarray(is_inside.all(axis=1))


def _without_repeats(
    corners: NDArray[np.float64], classes: NDArray[np.intp], scores: NDArray[np.float64], overlap: float
) -> Found:
    """Of boxes of one class that overlap by more, the surest."""
    kept = []
    for number in np.unique(classes):
        own = np.flatnonzero(classes == number)
        kept.append(own[nms(corners[own], scores[own], overlap)])
    chosen = np.concatenate([np.empty(0, np.intp), *kept])
    chosen = chosen[np.argsort(-scores[chosen], kind="stable")]
    return corners[chosen], classes[chosen], scores[chosen]
