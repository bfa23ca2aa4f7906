"""Metrics of named points: the distance to the truth, and how often it is small enough."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from hounsfield.evaluation.metric import Metric, main_answer
from hounsfield.values import Case, Findings, Points, Row

RADII_MM = (2.0, 2.5, 3.0, 4.0, 10.0)
"""2, 2.5, 3 and 4 mm: the cephalometry challenge of ISBI 2015 (Wang et al. 2016); 10 mm: found at all."""


def _errors(findings: Findings, case: Case) -> Iterator[tuple[str, bool, float]]:
    """For each landmark of the truth: its name, whether it is known to be there, and the error, NaN without both.

    The answer says that a point is there with a probability of at least one half.
    """
    truth = case.truth(Points)
    if truth is None:
        return
    found = main_answer(findings, case, Points)
    index = {name: i for i, name in enumerate(found.names)}
    found_there, true_there = np.asarray(found.present) >= 0.5, np.asarray(truth.present) == 1
    for i, name in enumerate(truth.names):
        there = bool(true_there[i] and np.isfinite(truth.coordinates[i]).all())
        j = index.get(name)
        if there and j is not None and found_there[j]:
            yield name, there, float(np.linalg.norm(found.coordinates[j] - truth.coordinates[i]))
        else:
            yield name, there, float("nan")


def _error_rows(findings: Findings, case: Case) -> list[Row]:
    return [Row(name, (error,)) for name, _, error in _errors(findings, case)]


def success_at(radius_mm: float) -> Metric:
    """Share of the landmarks known to be there that were found within this distance; a point not given is a failure."""

    def items(findings: Findings, case: Case) -> list[Row]:
        return [
            Row(name, (float(error <= radius_mm) if there else float("nan"),))
            for name, there, error in _errors(findings, case)
        ]

    return Metric(f"success_at_{radius_mm:g}mm", "", "higher", "structure", items, worst=0.0)


POINT_ERROR = Metric("point_error", "mm", "lower", "structure", _error_rows)
"""Distance in mm (in pixels where the picture knows no other); undefined where answer or truth has no such point."""

SUCCESS_RATES = tuple(success_at(radius) for radius in RADII_MM)
