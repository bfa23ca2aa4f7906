"""Landmarks: distances, and what is absent or unknown."""

import numpy as np
import pytest
from evaluation_cases import rows_of, values_of

from hounsfield.evaluation.landmarks import POINT_ERROR, SUCCESS_RATES, success_at
from hounsfield.values import Points

NAN = float("nan")


def points(present=None, **coordinates) -> Points:
    return Points(np.array(list(coordinates.values()), float), tuple(coordinates), present)


def test_distance_is_matched_by_name_on_random_points():
    rng = np.random.default_rng(0)
    for _ in range(500):
        n = int(rng.integers(1, 6))
        names = [f"p{i}" for i in range(n)]
        truth, found = rng.normal(0, 10, (2, n, int(rng.integers(2, 4))))
        order = rng.permutation(n)
        answer = Points(found[order], tuple(names[i] for i in order))
        expected = {
            name: sum((a - b) ** 2 for a, b in zip(found[i], truth[i], strict=True)) ** 0.5
            for i, name in enumerate(names)
        }
        assert values_of(POINT_ERROR, answer, Points(truth, tuple(names))) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("found", "truth", "error", "success"),
    [
        (points(a=(3, 4, 0)), points(a=(0, 0, 0)), 5.0, 0.0),
        (points(a=(0, 0, 4)), points(a=(0, 0, 0)), 4.0, 1.0),  # at the radius is within
        (points(a=(0, 0, 4)), points([0], a=(NAN, NAN, NAN)), NAN, NAN),  # truly absent
        (points(a=(0, 0, 4)), points([NAN], a=(0, 0, 0)), NAN, NAN),  # unknown
        (points(a=(0, 0, 4)), points([1], a=(NAN, 0, 0)), NAN, NAN),  # there, but nobody knows where
        (points([0.4], a=(0, 0, 0)), points(a=(0, 0, 0)), NAN, 0.0),  # said to be absent
        (points([0.5], a=(0, 0, 0)), points(a=(0, 0, 0)), 0.0, 1.0),
        (points(b=(0, 0, 0)), points(a=(0, 0, 0)), NAN, 0.0),  # not said
        (points([1], a=(NAN, NAN, NAN)), points(a=(0, 0, 0)), NAN, 0.0),
    ],
)
def test_by_hand(found, truth, error, success):
    assert values_of(POINT_ERROR, found, truth) == {"a": pytest.approx(error, nan_ok=True)}
    assert values_of(success_at(4), found, truth) == {"a": pytest.approx(success, nan_ok=True)}


def test_rates_at_the_usual_radii():
    found = [points(a=(0, 0, d)) for d in (0.0, 2.0, 2.2, 2.9, 3.5, 9.0, 11.0)]
    pairs = [(one, points(a=(0, 0, 0))) for one in found]
    rates = {metric.name: metric.pool(rows_of(metric, *pairs)) for metric in SUCCESS_RATES}
    expected = {"2mm": 2, "2.5mm": 3, "3mm": 4, "4mm": 5, "10mm": 6}
    assert rates == pytest.approx({f"success_at_{radius}": n / 7 for radius, n in expected.items()})
