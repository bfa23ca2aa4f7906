"""Axis-aligned boxes in index space: (N, 2, d), low and high corner; indices a..b inclusive are [a - 0.5, b + 0.5]."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
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


def doubles(boxes: Corners, kinds: Sequence[Hashable], iou_threshold: float) -> dict[int, int]:
    """Index of each box that overlaps an earlier one of its kind by more than the threshold -> index of the first such.

    What is a double itself has none. No matrix of all pairs is made: boxes that overlap so much begin near each other.
    """
    members: dict[Hashable, list[int]] = {}
    for index, kind in enumerate(kinds):
        members.setdefault(kind, []).append(index)
    found: dict[int, int] = {}
    for own in members.values():
        if len(own) > 1:
            alike = _doubles_of_a_kind(boxes[own], iou_threshold)
            found |= {own[second]: own[first] for second, first in alike.items()}
    return found


def _doubles_of_a_kind(boxes: Corners, iou_threshold: float) -> dict[int, int]:
    low = boxes[:, 0]
    # along each axis the union is less than size / threshold, and of it less than 1 - threshold is not shared; the
    # second division is room for rounding
    reach = np.maximum(boxes[:, 1] - low, 0.0) * (1 - iou_threshold) / iou_threshold**2
    windows = []
    for axis in range(boxes.shape[2]):
        order = np.argsort(low[:, axis], kind="stable")
        start = np.searchsorted(low[order, axis], low[:, axis] - reach[:, axis], "left")
        stop = np.searchsorted(low[order, axis], low[:, axis] + reach[:, axis], "right")
        windows.append((order, start, stop))
    order, start, stop = min(windows, key=lambda window: int((window[2] - window[1]).sum()))
    first_of = np.full(len(boxes), -1)
    for first in np.flatnonzero(stop - start > 1):
        if first_of[first] < 0:
            near = order[start[first] : stop[first]]
            near = near[(near > first) & (first_of[near] < 0)]
            near = near[np.all(np.abs(low[near] - low[first]) <= reach[first], axis=1)]
            first_of[near[iou(boxes[first : first + 1], boxes[near])[0] > iou_threshold]] = first
    return {int(second): int(first_of[second]) for second in np.flatnonzero(first_of >= 0)}


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
