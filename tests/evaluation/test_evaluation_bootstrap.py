"""Intervals over patients: arithmetic by hand, and how often they hold the truth."""

from dataclasses import replace

import numpy as np
import pytest

from hounsfield.evaluation.bootstrap import interval, paired_difference
from hounsfield.evaluation.diagnosis import AUC
from hounsfield.evaluation.metric import Pooling, mean_of_defined
from hounsfield.values import Interval, Row

NAN = float("nan")


def rows_of_values(values, patients=None) -> list[Row]:
    patients = [f"p{i:03d}" for i in range(len(values))] if patients is None else patients
    return [Row("x", (float(v),), f"c{i}", p) for i, (v, p) in enumerate(zip(values, patients, strict=True))]


def test_two_patients_by_hand():
    # Of two patients, four draws are equally likely: 0, 1/2, 1/2, 1. Both 2.5 % tails lie in the extremes.
    result = interval(rows_of_values([0, 1]), mean_of_defined, resamples=2000)
    assert result == Interval(0.5, 0.0, 1.0, 2, 0)
    assert interval(rows_of_values([0, 1]), mean_of_defined, resamples=2000, level=0.4) == Interval(0.5, 0.5, 0.5, 2, 0)


def test_rows_of_a_patient_come_and_go_together():
    # One patient with nine ones, one with a single zero: the draws give 0, 0.9, 0.9 and 1, never anything between.
    rows = rows_of_values([1] * 9 + [0], ["a"] * 9 + ["b"])
    seen = [interval(rows, mean_of_defined, seed=seed, resamples=1, level=0.5).low for seed in range(50)]
    assert {round(value, 6) for value in seen} == {0.0, 0.9, 1.0}


def test_one_patient_has_no_interval():
    assert interval(rows_of_values([1, 2, 3], ["a"] * 3), mean_of_defined) == Interval(2.0, None, None, 3, 0)


def test_cases_stand_in_for_patients_that_are_not_named():
    named = interval(rows_of_values([1, 2, 3, 4]), mean_of_defined)
    by_case = interval([Row("x", (v,), f"c{i}") for i, v in enumerate((1.0, 2.0, 3.0, 4.0))], mean_of_defined)
    by_row = interval([Row("x", (v,)) for v in (1.0, 2.0, 3.0, 4.0)], mean_of_defined)
    assert named == by_case == by_row


def test_undefined_measurements_are_counted_and_left_out():
    result = interval(rows_of_values([1, NAN, 3]), mean_of_defined)
    assert (result.value, result.n, result.undefined) == (2.0, 3, 1)
    assert (result.low, result.high) == (1.0, 3.0)
    assert interval(rows_of_values([NAN, NAN]), mean_of_defined) == Interval(None, None, None, 2, 2)
    assert interval([], mean_of_defined) == Interval(None, None, None, 0, 0)


def test_undefined_resamples_are_left_out():
    # With one positive among three, many resamples have one class only, where an AUC says nothing.
    rows = [Row("x", (p, y), patient=str(i)) for i, (p, y) in enumerate([(0.9, 1.0), (0.5, 0.0), (0.1, 0.0)])]
    assert interval(rows, AUC.pool) == Interval(1.0, 1.0, 1.0, 3, 0)


def test_the_same_seed_gives_the_same_interval_whatever_the_order_of_rows():
    rows = rows_of_values(np.random.default_rng(0).normal(size=30), [f"p{i % 11}" for i in range(30)])
    first, again = interval(rows, mean_of_defined), interval(rows[::-1], mean_of_defined)
    assert first.low == pytest.approx(again.low)
    assert first.high == pytest.approx(again.high)
    assert interval(rows, mean_of_defined, seed=1).low != first.low


def test_every_way_of_pooling_agrees():
    values = np.random.default_rng(1).normal(size=40)
    values[[3, 17]] = NAN
    rows = rows_of_values(values, [f"p{i % 9}" for i in range(40)])

    def by_rows(some):
        return float(np.nanmean([row.numbers[0] for row in some]))

    expected = interval(rows, mean_of_defined)
    for pool in (by_rows, Pooling(lambda first: float(first.mean()))):
        result = interval(rows, pool)
        assert (result.value, result.low, result.high) == pytest.approx((expected.value, expected.low, expected.high))


def test_width_agrees_with_the_formula_for_a_mean():
    values = np.random.default_rng(2).normal(0, 1, 400)
    result = interval(rows_of_values(values), mean_of_defined, resamples=4000)
    half = 1.96 * values.std() / np.sqrt(400)
    assert (result.value - result.low, result.high - result.value) == pytest.approx((half, half), rel=0.08)


def test_intervals_hold_the_true_mean_about_as_often_as_they_say():
    rng = np.random.default_rng(3)
    held = held_by_scan = 0
    for seed in range(400):
        effects = rng.normal(0, 1, 40)  # 40 patients with 3 scans each, alike within a patient
        values = np.repeat(effects, 3) + rng.normal(0, 0.2, 120)
        rows = rows_of_values(values, [f"p{i // 3}" for i in range(120)])
        result = interval(rows, mean_of_defined, seed=seed, resamples=400)
        held += result.low <= 0 <= result.high
        by_scan = interval([replace(row, patient="") for row in rows], mean_of_defined, seed=seed, resamples=400)
        held_by_scan += by_scan.low <= 0 <= by_scan.high
    assert 0.90 <= held / 400 <= 0.98  # a percentile interval of 40 patients falls a little short of 95 %
    assert held_by_scan / 400 < 0.85  # drawing scans would promise too much: about 1.96 / sqrt(3) standard errors


def test_paired_difference_by_hand():
    a = {"c1": 0.5, "c2": 0.6, "c3": None, "only_a": 0.1}
    b = {"c1": 0.7, "c2": 0.8, "c3": 0.9, "only_b": 0.2}
    result = paired_difference(a, b, {"c1": "p", "c2": "q", "c3": "r"})
    assert (result.n, result.undefined) == (3, 1)
    assert (result.value, result.low, result.high) == pytest.approx((0.2, 0.2, 0.2))


def test_a_pair_of_models_that_fail_on_the_same_cases_can_be_told_apart():
    rng = np.random.default_rng(4)
    difficulty = rng.uniform(0, 1, 60)
    a = {f"c{i}": d for i, d in enumerate(difficulty)}
    b = {case: value + 0.02 + rng.normal(0, 0.02) for case, value in a.items()}
    result = paired_difference(a, b, {})
    assert 0 < result.low < result.high < 0.04
