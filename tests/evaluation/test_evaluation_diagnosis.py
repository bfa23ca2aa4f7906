"""Diagnoses against scikit-learn and hand arithmetic."""

import itertools

import numpy as np
import pytest
from evaluation_cases import case_of, rows_of
from sklearn import metrics as sk

from hounsfield.evaluation.diagnosis import AUC, AVERAGE_PRECISION_DIAGNOSIS, BALANCED_ACCURACY, BRIER, ECE
from hounsfield.values import Diagnosis, Findings, Row

ALL = (AUC, AVERAGE_PRECISION_DIAGNOSIS, BALANCED_ACCURACY, BRIER, ECE)


def binary(probability: float, positive: bool) -> tuple[Diagnosis, Diagnosis]:
    truth = Diagnosis.certain("malignant" if positive else "benign", ("benign", "malignant"))
    return Diagnosis({"benign": 1 - probability, "malignant": probability}), truth


def rows(probabilities, truths) -> list[Row]:
    return [Row("x", (float(p), float(y))) for p, y in zip(probabilities, truths, strict=True)]


def naive_ece(p: np.ndarray, y: np.ndarray) -> float:
    order = np.argsort(p)
    n, extra = divmod(len(p), 10)
    total, start = 0.0, 0
    for b in range(10):
        stop = start + n + (b < extra)
        inside = order[start:stop]
        if len(inside):
            total += len(inside) / len(p) * abs(p[inside].mean() - y[inside].mean())
        start = stop
    return total


def test_agrees_with_scikit_learn_on_random_sets():
    defined = 0
    for seed in range(500):
        rng = np.random.default_rng(seed)
        n = int(rng.integers(1, 60))
        y = (rng.random(n) < rng.choice([0.05, 0.3, 0.5])).astype(float)
        p = np.clip(rng.normal(0.3 + 0.3 * y, 0.3), 0, 1)
        if rng.random() < 0.5:
            p = np.round(p, 1)  # ties
        pairs = [binary(*pair) for pair in zip(p, y == 1, strict=True)]
        of = {metric: metric.pool(rows_of(metric, *pairs)) for metric in ALL}
        assert of[BRIER] == pytest.approx(sk.brier_score_loss(y, p, labels=[0, 1]))
        if len(np.unique(p)) == n:
            assert of[ECE] == pytest.approx(naive_ece(p, y))
        if len(np.unique(y)) < 2:
            assert of[AUC] is None
            assert of[AVERAGE_PRECISION_DIAGNOSIS] is None
            assert of[BALANCED_ACCURACY] is None
            continue
        defined += 1
        assert of[AUC] == pytest.approx(sk.roc_auc_score(y, p))
        assert of[AVERAGE_PRECISION_DIAGNOSIS] == pytest.approx(sk.average_precision_score(y, p))
        assert of[BALANCED_ACCURACY] == pytest.approx(sk.balanced_accuracy_score(y, p >= 0.5))
    assert defined > 300


def test_three_exclusive_classes_agree_with_scikit_learn():
    classes = ("none", "mild", "severe")
    rng = np.random.default_rng(1)
    for kind in ("exclusive", "ordinal"):
        p = rng.dirichlet([1, 1, 1], size=80)
        y = rng.integers(0, 3, size=80)
        pairs = [
            (Diagnosis(dict(zip(classes, map(float, row), strict=True)), kind),
             Diagnosis({c: float(i == t) for i, c in enumerate(classes)}, kind))
            for row, t in zip(p, y, strict=True)
        ]  # fmt: skip
        found = rows_of(BALANCED_ACCURACY, *pairs)
        assert {row.item for row in found} == {"all"}
        assert BALANCED_ACCURACY.pool(found) == pytest.approx(sk.balanced_accuracy_score(y, p.argmax(1)))
        by_class = rows_of(AUC, *pairs)
        for i, name in enumerate(classes):
            of_class = [row for row in by_class if row.item == name]
            assert AUC.pool(of_class) == pytest.approx(sk.roc_auc_score(y == i, p[:, i]))


def test_of_two_exclusive_classes_the_second_is_listed():
    for metric in ALL:
        assert {row.item for row in rows_of(metric, binary(0.3, True), binary(0.6, False))} == {"malignant"}


def test_findings_of_several_kinds_are_listed_each_and_the_unknown_is_skipped():
    found = Diagnosis({"effusion": 0.9, "mass": 0.2, "nodule": 0.5}, "multi")
    truth = Diagnosis({"effusion": 1.0, "mass": float("nan"), "nodule": 0.0}, "multi")
    assert [(r.item, r.numbers) for r in rows_of(AUC, (found, truth))] == [("effusion", (0.9, 1)), ("nodule", (0.5, 0))]
    said = [(r.item, r.numbers) for r in rows_of(BALANCED_ACCURACY, (found, truth))]
    assert said == [("effusion", (1, 1)), ("nodule", (1, 0))]


def test_what_only_is_known_not_to_be_gives_no_decision():
    truth = Diagnosis({"a": 0.0, "b": float("nan"), "c": float("nan")})
    found = Diagnosis({"a": 0.9, "b": 0.1, "c": 0.0})
    assert rows_of(BALANCED_ACCURACY, (found, truth)) == []
    assert [row.item for row in rows_of(BRIER, (found, truth))] == ["a"]


def test_a_class_that_the_answer_does_not_say_is_undefined():
    truth = Diagnosis({"a": 1.0, "b": 0.0, "c": 1.0}, "multi")
    found = Diagnosis({"a": 0.5}, "multi")
    for metric in (BRIER, BALANCED_ACCURACY):
        undefined = [row for row in rows_of(metric, (found, truth)) if np.isnan(row.numbers[0])]
        assert [row.item for row in undefined] == ["b", "c"]
        assert metric.pool(undefined) is None


@pytest.mark.parametrize(
    ("metric", "probabilities", "truths", "expected"),
    [
        (AUC, [0.1, 0.9], [0, 1], 1.0),
        (AUC, [0.9, 0.1], [0, 1], 0.0),
        (AUC, [0.5, 0.5], [0, 1], 0.5),
        (AUC, [0.5, 0.5, 0.7], [0, 1, 0], 0.25),
        (AUC, [0.5], [1], None),
        (AUC, [], [], None),
        (AVERAGE_PRECISION_DIAGNOSIS, [0.9, 0.8, 0.7], [1, 0, 1], 0.5 + 0.5 * 2 / 3),
        (AVERAGE_PRECISION_DIAGNOSIS, [0.5, 0.5], [1, 0], 0.5),
        (AVERAGE_PRECISION_DIAGNOSIS, [0.5, 0.4], [1, 1], None),
        (BRIER, [1.0, 0.0], [1, 0], 0.0),
        (BRIER, [0.5, 0.5], [1, 0], 0.25),
        (BRIER, [], [], None),
        (ECE, [0.5] * 30, [0, 0, 0, 1, 1, 1] * 5, 0.0),
        (ECE, [0.9] * 20, [1] * 10 + [0] * 10, 0.4),
        (ECE, [0.2] * 10 + [0.8] * 10, [0] * 10 + [1] * 10, 0.2),
        (ECE, [0.3], [1], 0.7),
        (ECE, [], [], None),
        (BALANCED_ACCURACY, [1, 1, 1, 0], [1, 1, 1, 1], None),
        (BALANCED_ACCURACY, [1, 1, 1, 1], [1, 1, 1, 0], 0.5),
        (BALANCED_ACCURACY, [1, 0, 2, 2], [1, 0, 2, 1], (1 + 1 + 0.5) / 3),
    ],
)
def test_by_hand(metric, probabilities, truths, expected):
    assert metric.pool(rows(probabilities, truths)) == (None if expected is None else pytest.approx(expected))


def test_the_order_of_cases_with_equal_probability_does_not_matter():
    some = rows([0.5] * 6, [0, 0, 1, 1, 1, 0])
    for metric in (AUC, AVERAGE_PRECISION_DIAGNOSIS, ECE):
        assert len({metric.pool(list(order)) for order in itertools.permutations(some)}) == 1


def test_no_truth_no_rows():
    for metric in ALL:
        assert metric.items(Findings(Diagnosis({"a": 1.0})), case_of()) == []
