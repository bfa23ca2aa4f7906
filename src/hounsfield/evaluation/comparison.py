"""Two sets of scores of the same cases, held against each other."""

from __future__ import annotations

from collections.abc import Sequence

from hounsfield.evaluation.bootstrap import paired_difference
from hounsfield.values import Interval, Scores


def differences(a: Scores, b: Scores, cases: Sequence[str]) -> dict[str, dict[str, Interval]]:
    """B - A per metric and item, over the cases in which both are defined; intervals are over A's patients."""
    found: dict[str, dict[str, Interval]] = {}
    for metric in (metric for metric in a.better if metric in b.better):
        for item in dict.fromkeys(item for case in cases for item in a.cases[case].get(metric, {})):
            of_a, of_b = _values(a, cases, metric, item), _values(b, cases, metric, item)
            found.setdefault(metric, {})[item] = paired_difference(of_a, of_b, a.patients)
    return found


def _values(scores: Scores, cases: Sequence[str], metric: str, item: str) -> dict[str, float | None]:
    return {case: scores.cases[case].get(metric, {}).get(item) for case in cases}
