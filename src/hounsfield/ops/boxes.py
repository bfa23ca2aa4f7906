"""Axis-aligned boxes in index space: (N, 2, d), low and high corner; indices a..b inclusive are [a - 0.5, b + 0.5]."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

Corners = NDArray[np.float64]


def volume(boxes: Corners) -> NDArray[np.float64]:
    """Elements (N,) in each box; 0 for a box whose corners are in the wrong order."""
    size: NDArray[np.float64] = np.prod(np.maximum(boxes[:, 1] - boxes[:, 0], 0.0), axis=1)
    return size


def iou(a: Corners, b: Corners) -> NDArray[np.float64]:
    """Intersection over union (N, M) of every box of a with every box of b; 0 where both are empty."""
    low = np.maximum(a[:, None, 0], b[None, :, 0])
    high = np.minimum(a[:, None, 1], b[None, :, 1])
    shared = np.prod(np.maximum(high - low, 0.0), axis=2)
    union = volume(a)[:, None] + volume(b)[None] - shared
    return shared / np.where(union > 0, union, 1.0)


def nms(boxes: Corners, scores: NDArray[Any], iou_threshold: float) -> NDArray[np.intp]:
    """Indices of the boxes kept, best score first: none overlaps a better kept one by more than the threshold."""
    waiting = np.argsort(-np.asarray(scores, np.float64), kind="stable")
    kept = []
    while len(waiting):
        best, waiting = waiting[0], waiting[1:]
        kept.append(best)
        waiting = waiting[iou(boxes[best : best + 1], boxes[waiting])[0] <= iou_threshold]
    return np.array(kept, np.intp)


def weighted_fusion(
    members: Sequence[tuple[Corners, NDArray[Any]]], iou_threshold: float
) -> tuple[Corners, NDArray[np.float64]]:
    """One set of boxes (M, 2, d) and scores (M,), best first, from the (boxes, scores) of an ensemble's members.

    Weighted boxes fusion (Solovyev et al. 2021): boxes that overlap by more than the threshold become their mean,
    weighted by score; its score is the mean, lowered by the share of members that saw nothing there.
    """
    d = members[0][0].shape[2]
    boxes = np.concatenate([np.asarray(b, np.float64).reshape(-1, 2, d) for b, _ in members])
    scores = np.concatenate([np.asarray(s, np.float64).reshape(-1) for _, s in members])
    clusters: list[list[int]] = []
    fused = np.empty((0, 2, d))
    for i in np.argsort(-scores, kind="stable"):
        overlaps = iou(boxes[i : i + 1], fused)[0]
        best = int(overlaps.argmax()) if len(overlaps) else -1
        if best >= 0 and overlaps[best] > iou_threshold:
            clusters[best].append(int(i))
            weights = np.maximum(scores[clusters[best]], 1e-12)
            fused[best] = np.average(boxes[clusters[best]], axis=0, weights=weights)
        else:
            clusters.append([int(i)])
            fused = np.concatenate([fused, boxes[i : i + 1]])
    shares = [min(len(cluster), len(members)) / len(members) for cluster in clusters]
    joint = np.array([scores[c].mean() * share for c, share in zip(clusters, shares, strict=True)], np.float64)
    order = np.argsort(-joint, kind="stable")
    return fused[order], joint[order]


def clip(boxes: Corners, shape: tuple[int, ...]) -> Corners:
    """The parts of the boxes that lie in an array of this shape; what lies outside becomes an empty box at its edge."""
    return np.clip(boxes, -0.5, np.asarray(shape) - 0.5)


def boxes_of_instances(instances: NDArray[np.integer]) -> tuple[NDArray[np.int64], Corners]:
    """Numbers (N,) of the objects in an array (*shape), ascending, and the tightest box (N, 2, d) around each."""
    if instances.max(initial=0) > instances.size:  # colours as numbers, say: too large for a table of all numbers
        names, dense = np.unique(np.maximum(instances, 0), return_inverse=True)
        order, boxes = boxes_of_instances(dense.reshape(instances.shape) + int(names[0] > 0))
        return names[names > 0].astype(np.int64)[order - 1], boxes
    found = [(number, slices) for number, slices in enumerate(ndimage.find_objects(instances), 1) if slices is not None]
    corners = [[[s.start - 0.5 for s in slices], [s.stop - 0.5 for s in slices]] for _, slices in found]
    numbers = np.array([number for number, _ in found], np.int64)
    return numbers, np.array(corners, np.float64).reshape(-1, 2, instances.ndim)
