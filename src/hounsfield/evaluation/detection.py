"""Metrics of boxes: matching with the truth, average precision, and sensitivity at a rate of false alarms."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hounsfield.evaluation.metric import Metric, Pooling, main_answer
from hounsfield.ops.boxes import iou
from hounsfield.values import Boxes, Case, Findings, Row, refuse

IOU = {2: 0.5, 3: 0.1}
"""Overlap at which a box counts as found, by the number of axes (2D: VOC, COCO; 3D: Jaeger et al. 2020)."""

UNSEEN = -np.inf
"""The score of what no threshold brings out: a truth that was missed."""


@dataclass(frozen=True)
class Matching:
    """What became of each box.

    hit: (N,) found boxes that match a truth.  ignored: (N,) found boxes that match an ignored truth and count neither
    as hit nor as false.  found: (M,) truths that were matched.
    """

    hit: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    found: NDArray[np.bool_]


def match(found: Boxes, truth: Boxes, threshold: float | None = None) -> Matching:
    """Match found boxes with true ones of the same label, the highest score first, as COCO does (Lin et al. 2014).

    Each found box takes the free truth with the highest IoU, if that is at least the threshold (0.5 in 2D, 0.1 in 3D);
    a truth is taken once. A box that gets none but reaches the threshold with an ignored truth is ignored; an ignored
    truth may stand for any number of boxes. Among equal scores the earlier box comes first.
    """
    threshold = IOU[truth.grid.ndim] if threshold is None else threshold
    same_label = np.array(found.labels, dtype=object)[:, None] == np.array(truth.labels, dtype=object)[None, :]
    overlap = np.where(same_label, iou(found.corners_index, truth.corners_index), 0.0)
    reaches = same_label & (overlap >= threshold)
    ignore = np.asarray(truth.ignore, dtype=bool)
    free = ~ignore
    hit = np.zeros(len(found), dtype=bool)
    for box in np.argsort(-np.asarray(found.scores), kind="stable"):
        candidates = np.flatnonzero(reaches[box] & free)
        if len(candidates):
            hit[box] = True
            free[candidates[np.argmax(overlap[box, candidates])]] = False
    ignored = ~hit & (reaches & ignore).any(axis=1)
    return Matching(hit, ignored, ~free & ~ignore)


def _matched(findings: Findings, case: Case) -> tuple[Boxes, Boxes, Matching] | None:
    truth = case.truth(Boxes)
    if truth is None:
        return None
    found = main_answer(findings, case, Boxes)
    if found.grid.shape != truth.grid.shape:
        what = f"the answer lies on {found.grid} and the truth on {truth.grid}"
        raise refuse(case.id, what, "Bring both to the grid of the image.")
    return found, truth, match(found, truth)


def _class_rows(findings: Findings, case: Case) -> list[Row]:
    """For each class: (score, 1 for a hit and 0 for a false box), and (-inf, 1) for each truth that was missed."""
    matched = _matched(findings, case)
    if matched is None:
        return []
    found, truth, matching = matched
    scores = np.asarray(found.scores)
    counted = np.flatnonzero(~matching.ignored)
    rows = [Row(found.labels[box], (float(scores[box]), float(matching.hit[box]))) for box in counted]
    missed = np.flatnonzero(~matching.found & ~np.asarray(truth.ignore))
    return rows + [Row(truth.labels[box], (UNSEEN, 1.0)) for box in missed]


def _image_rows(findings: Findings, case: Case) -> list[Row]:
    """The rows of all classes as (score, hit, 0), and (-inf, 0, 1) for the image itself, which must be counted."""
    if not case.has_truth(Boxes):
        return []
    rows = [Row("all", (*row.numbers, 0.0)) for row in _class_rows(findings, case)]
    return [*rows, Row("all", (UNSEEN, 0.0, 1.0))]


def _curve(scores: NDArray[np.float64], hits: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Hits and false boxes at or above each distinct score, from the highest; boxes of equal score come together."""
    proposed = scores > UNSEEN
    order = np.argsort(-scores[proposed], kind="stable")
    sorted_scores, sorted_hits = scores[proposed][order], hits[proposed][order]
    last = np.flatnonzero(np.append(np.diff(sorted_scores) != 0, len(sorted_scores) > 0))
    return np.cumsum(sorted_hits)[last], np.cumsum(1 - sorted_hits)[last]


def average_precision(scores: NDArray[np.float64], hits: NDArray[np.float64]) -> float | None:
    """Area under precision over recall, 0..1; undefined (None) without a truth.

    All-point interpolation (Everingham et al. 2015, VOC from 2010 on): the precision at a recall is the highest at
    this recall or a higher one.

    scores: (N,), -inf for a truth that was missed.  hits: (N,), 1 for a hit or a missed truth, 0 for a false box.
    """
    truths = hits.sum()
    if not truths:
        return None
    found, false = _curve(scores, hits)
    precision = np.maximum.accumulate((found / np.maximum(found + false, 1))[::-1])[::-1]
    return float((np.diff(found / truths, prepend=0.0) * precision).sum())


def sensitivity_at(
    rate: float, scores: NDArray[np.float64], hits: NDArray[np.float64], images: NDArray[np.float64]
) -> float | None:
    """Share of truths found at the lowest threshold with at most `rate` false boxes an image; None without a truth.

    A point of the free-response curve (FROC; Bunch et al. 1978), without interpolation. Rows as in
    `average_precision`, and one (-inf, 0, 1) for each image.
    """
    truths = hits.sum()
    if not truths or not images.sum():
        return None
    found, false = _curve(scores, hits)
    allowed = false <= rate * images.sum()
    return float(found[allowed].max(initial=0.0) / truths)


def _sensitivity_at_1(
    scores: NDArray[np.float64], hits: NDArray[np.float64], images: NDArray[np.float64]
) -> float | None:
    return sensitivity_at(1.0, scores, hits, images)


AVERAGE_PRECISION = Metric(
    "average_precision", "", "higher", "set", _class_rows, Pooling(average_precision), nothing=0.0
)
SENSITIVITY_AT_1_FP = Metric("sensitivity_at_1_fp", "", "higher", "set", _image_rows, Pooling(_sensitivity_at_1))
