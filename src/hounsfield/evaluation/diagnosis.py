"""Metrics of classes with probabilities: ranking, calibration, decisions; for images, series and tables alike.

They live on a set of cases, but for the Brier score, by which cases are ranked too. Classes that are unknown in a
truth are skipped. Of two exclusive classes only the second,
the positive one, is listed: the first is its complement.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from hounsfield.evaluation.metric import Metric, Pooling, main_answer
from hounsfield.values import Case, Diagnosis, Findings, Row

Column = NDArray[np.float64]

BINS = 10


def auc(probabilities: Column, truths: Column) -> float | None:
    """Area under the ROC curve: the chance that a positive case is ranked above a negative one, ties one half.

    None, undefined, where only one class occurs. Hanley and McNeil 1982.
    """
    positive = truths == 1
    n, m = int(np.count_nonzero(positive)), int(np.count_nonzero(~positive))
    if not n or not m:
        return None
    return float((rankdata(probabilities)[positive].sum() - n * (n + 1) / 2) / (n * m))


def average_precision(probabilities: Column, truths: Column) -> float | None:
    """Sum over thresholds of precision times the recall gained, without interpolation.

    Cases of equal probability come together. None, undefined, where only one class occurs.
    """
    n = truths.sum()
    if n in (0, len(truths)):
        return None
    order = np.argsort(-probabilities, kind="stable")
    last = np.flatnonzero(np.append(np.diff(probabilities[order]) != 0, True))
    hits = np.cumsum(truths[order])[last]
    return float((np.diff(hits / n, prepend=0.0) * hits / (last + 1)).sum())


def expected_calibration_error(probabilities: Column, truths: Column) -> float:
    """Mean gap between probability and frequency over ten bins with equally many cases (Nixon et al. 2019).

    Cases of equal probability that fall into different bins each bring their common frequency, so that the order of
    the cases does not matter.
    """
    values, group = np.unique(probabilities, return_inverse=True)
    frequency = np.bincount(group, weights=truths, minlength=len(values)) / np.bincount(group)
    order = np.argsort(probabilities, kind="stable")
    gap = probabilities[order] - frequency[group][order]
    return float(sum(abs(part.sum()) for part in np.array_split(gap, BINS)) / len(gap))


def brier(probabilities: Column, truths: Column) -> float:
    """Mean squared difference of probability and truth (Brier 1950), of one class."""
    return float(((probabilities - truths) ** 2).mean())


def balanced_accuracy(said: Column, truths: Column) -> float | None:
    """Mean over the classes of the share of their cases that were said right; None where only one class occurs."""
    classes = np.unique(truths)
    if len(classes) < 2:
        return None
    return float(np.mean([np.mean(said[truths == c] == c) for c in classes]))


def _rows(findings: Findings, case: Case) -> list[Row]:
    """(probability, truth) for each class that is known."""
    truth = case.truth(Diagnosis)
    if truth is None:
        return []
    found = main_answer(findings, case, Diagnosis).probabilities
    return [
        Row(name, (float(found.get(name, np.nan)), float(truth.probabilities[name])))
        for name in _listed(truth)
        if not np.isnan(truth.probabilities[name])
    ]


def _decision_rows(findings: Findings, case: Case) -> list[Row]:
    """(what was said, what is true).

    Of more than two exclusive classes both are a class's number, what is said being the likeliest; else 0 or 1 for each
    class that is listed, said with a probability of at least one half.
    """
    truth = case.truth(Diagnosis)
    if truth is None:
        return []
    if truth.kind == "multi" or len(truth.classes) <= 2:
        return [
            Row(row.item, (p if np.isnan(p) else float(p >= 0.5), true))
            for row in _rows(findings, case)
            for p, true in [row.numbers]
        ]
    likeliest = main_answer(findings, case, Diagnosis).likeliest
    if not truth.probabilities.get(truth.likeliest, 0.0) > 0:
        return []  # only what it is not is known
    said = truth.classes.index(likeliest) if likeliest in truth.classes else np.nan
    return [Row("all", (float(said), float(truth.classes.index(truth.likeliest))))]


def _listed(truth: Diagnosis) -> tuple[str, ...]:
    """The classes that have a score of their own."""
    return truth.classes[1:] if truth.kind != "multi" and len(truth.classes) == 2 else truth.classes


AUC = Metric("auc", "", "higher", "set", _rows, Pooling(auc), guess=0.5)
AVERAGE_PRECISION_DIAGNOSIS = Metric("average_precision", "", "higher", "set", _rows, Pooling(average_precision))
ECE = Metric("ece", "", "lower", "set", _rows, Pooling(expected_calibration_error))
BALANCED_ACCURACY = Metric("balanced_accuracy", "", "higher", "set", _decision_rows, Pooling(balanced_accuracy))
BRIER = Metric("brier", "", "lower", "case", _rows, Pooling(brier), worst=1.0)
