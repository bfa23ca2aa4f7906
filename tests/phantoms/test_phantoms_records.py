import numpy as np
from sklearn.metrics import roc_auc_score

from hounsfield.phantoms.records import record


def stay(case):
    return case.inputs["history"].load()


def outcome(case):
    return case.truths["outcome"].answer.load().probabilities["yes"]


def table_score(case):
    """Risk by the covariates alone; an unknown creatinine is taken as usual."""
    creatinine = case.covariates["creatinine"] or 1.0
    sex = 1 if case.covariates["sex"] == "male" else -1
    return 0.85 * (case.covariates["age"] - 62) / 15 + 0.35 * sex + 0.4 * np.log(creatinine) / 0.35


def trend_score(case):
    """Mean slope over 48 hours in units of what a unit of severity changes; 0 where nothing was measured."""
    series = stay(case)
    slopes = []
    for values, change in zip(series.values.T, (14, 0.6, 0.9), strict=True):
        times = series.times[np.isfinite(values)]
        if len(times) > 3 and np.ptp(times) > 12:
            slopes.append(np.polyfit(times, values[np.isfinite(values)], 1)[0] * 48 / change)
    return float(np.mean(slopes)) if slopes else 0.0


def aucs(null, difficulty=0.0):
    """How well trend, table and their sum tell the outcome."""
    cases = [record(1, n, difficulty=difficulty, null=null) for n in range(250)]
    truth = [outcome(case) for case in cases]
    trend, table = np.array([trend_score(c) for c in cases]), np.array([table_score(c) for c in cases])
    return [roc_auc_score(truth, score) for score in (trend, table, trend + table)]


def test_same_seed_same_record():
    first, again = record(0, 5), record(0, 5)
    assert stay(first) == stay(again)
    assert first.covariates == again.covariates
    assert outcome(first) == outcome(again)
    assert stay(first) != stay(record(0, 6))


def test_the_outcome_needs_both_the_series_and_the_table():
    trend, table, both = aucs("none")
    assert 0.65 < trend < 0.9
    assert 0.65 < table < 0.9
    assert both > 0.94
    harder = aucs("none", difficulty=1.0)[2]
    assert 0.7 < harder < both - 0.05


def test_nulls_leave_nothing_to_learn():
    for null in ("no_signal", "shuffled"):
        assert np.all(np.abs(np.array(aucs(null)) - 0.5) < 0.12)


def test_a_null_changes_one_thing_only():
    for number in range(10):
        case, empty, swapped = (record(0, number, null=null) for null in ("none", "no_signal", "shuffled"))
        assert outcome(case) == outcome(empty)
        assert np.array_equal(stay(case).times, stay(empty).times)
        assert np.array_equal(np.isnan(stay(case).values), np.isnan(stay(empty).values))
        assert stay(case) == stay(swapped)
        assert case.covariates == swapped.covariates
        assert (case.covariates["creatinine"] is None) == (empty.covariates["creatinine"] is None)
    assert [outcome(record(0, n)) for n in range(40)] != [outcome(record(0, n, null="shuffled")) for n in range(40)]


def test_records_are_as_ragged_as_real_ones():
    cases = [record(3, n) for n in range(100)]
    lengths = [len(stay(c).times) for c in cases]
    assert 2 <= lengths.count(0) <= 20
    assert 10 < np.median(lengths) < 40
    assert 5 < sum(c.covariates["creatinine"] is None for c in cases) < 40
    assert sum(bool(np.any(np.diff(stay(c).times) == 0)) for c in cases) > 40
    assert 30 < sum(outcome(c) for c in cases) < 70
    values = np.concatenate([stay(c).values for c in cases])
    assert 0.2 < np.isnan(values).mean() < 0.7
    assert not np.isnan(values).all(axis=1).any() or np.isnan(values).all(axis=1).mean() < 0.01
    heart_rate, temperature, lactate = np.nanmedian(values, axis=0)
    assert 75 < heart_rate < 90
    assert 36.5 < temperature < 37.5
    assert 1 < lactate < 2
    assert all(0 <= t < 48 for c in cases for t in stay(c).times)
    assert all(18 <= c.covariates["age"] <= 97 for c in cases)
