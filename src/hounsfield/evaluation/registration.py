"""Metrics of transforms: structures carried along, landmarks carried along, and folding."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from hounsfield.evaluation.metric import Metric, main_answer
from hounsfield.evaluation.overlap import dice
from hounsfield.evaluation.segmentation import Pair, pairs
from hounsfield.ops.fields import jacobian_determinant, transform_points, warp_labels
from hounsfield.values import Case, Findings, LabelMap, Points, Row, Transform

UNKNOWN = -1


def _carried(findings: Findings, case: Case) -> Iterator[Pair]:
    """Structures of the moving image, carried onto the fixed grid, beside those of the fixed image.

    What is unknown in either is taken out of both; beyond the moving image all is background.
    """
    fixed, moving = case.truth(LabelMap, of="fixed"), case.truth(LabelMap, of="moving")
    if fixed is None or moving is None:
        return
    transform = main_answer(findings, case, Transform)
    array = warp_labels(
        moving.array, moving.grid, transform.fixed_grid, transform.affine, transform.displacement, fill=0
    )
    carried = LabelMap(array, transform.fixed_grid, moving.labels, regions=moving.regions, ignore=moving.ignore)
    if moving.ignore is not None and array.shape == fixed.grid.shape:
        known = fixed.known & carried.known
        fixed = replace(fixed, array=np.where(known, fixed.array.astype(np.int64), UNKNOWN), ignore=UNKNOWN)
    yield from pairs(carried, fixed, case.id)


def _dice_rows(findings: Findings, case: Case) -> list[Row]:
    return [Row(pair.name, (dice(pair.found, pair.truth),)) for pair in _carried(findings, case)]


def _error_rows(findings: Findings, case: Case) -> list[Row]:
    """Mean over the landmarks that both images have by name: in mm, in the moving world; undefined where there is none.

    Landmarks of one case are not those of the next, so the case has one number.
    """
    fixed, moving = case.truth(Points, of="fixed"), case.truth(Points, of="moving")
    if fixed is None or moving is None:
        return []
    transform = main_answer(findings, case, Transform)
    origins, targets = _known(fixed), _known(moving)
    names = [name for name in origins if name in targets]
    if not names:
        return [Row("landmarks", (float("nan"),))]
    points = np.array([origins[name] for name in names])
    carried = transform_points(points, transform.affine, transform.displacement, transform.fixed_grid)
    errors = np.linalg.norm(carried - np.array([targets[name] for name in names]), axis=1)
    return [Row("landmarks", (float(errors.mean()),))]


def _known(points: Points) -> dict[str, NDArray[np.float64]]:
    """Name -> coordinates of the points that are known to be there."""
    there = (np.asarray(points.present) == 1) & np.isfinite(points.coordinates).all(axis=1)
    return {name: points.coordinates[i] for i, name in enumerate(points.names) if there[i]}


def _folding_rows(findings: Findings, case: Case) -> list[Row]:
    return [Row("displacement", (folding(main_answer(findings, case, Transform)),))]


def folding(transform: Transform) -> float:
    """Share of the fixed grid's elements where x -> x + u(x) folds: a Jacobian determinant of 0 or less."""
    if transform.displacement is None:
        return 0.0
    return float(np.mean(jacobian_determinant(transform.displacement, transform.fixed_grid) <= 0))


CARRIED_DICE = Metric("carried_dice", "", "higher", "structure", _dice_rows, worst=0.0)
TARGET_ERROR = Metric("target_error", "mm", "lower", "case", _error_rows)
FOLDING = Metric("folding", "", "lower", "case", _folding_rows)
