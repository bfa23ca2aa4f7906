"""Classes as numbers: truths as rows, scores as diagnoses."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, softmax

from hounsfield.values import Case, Diagnosis, Plan, refuse

RAREST = 1e-6  # prevalence that a class has at least: no class is ruled out beforehand


def truth_row(case: Case, classes: Sequence[str]) -> NDArray[np.float32]:
    """The truth of each class (K,): 1 yes, 0 no, NaN unknown or not said."""
    truth = case.truth(Diagnosis)
    said = truth.probabilities if truth is not None else {}
    return np.array([said.get(name, np.nan) for name in classes], np.float32)


def diagnosis_from_scores(plan: Plan, scores: NDArray[np.floating]) -> Diagnosis:
    """The diagnosis of a score a class (K,): their softmax, or of a plan of kind "multi" the sigmoid of each.

    The plan decides "classes" and "kind".
    """
    scores = np.asarray(scores, np.float64)
    probabilities = expit(scores) if plan["kind"] == "multi" else softmax(scores)
    return Diagnosis(dict(zip(plan["classes"], map(float, probabilities), strict=True)), plan["kind"])


def log_prevalence(plan: Plan) -> NDArray[np.float64]:
    """What to add to scores learnt from equally frequent classes (K,): equation 4 of Saerens et al. 2002, as a sum.

    The plan decides "balanced", "classes", and "prevalence", empty where scores stay as they are. Where drawing
    was not balanced, the scores follow the training cases already.
    """
    prevalence, classes = plan["prevalence"], plan["classes"]
    if not prevalence or not plan["balanced"]:
        return np.zeros(len(classes))
    if len(prevalence) != len(classes):
        what = f"has {len(prevalence)} numbers for the {len(classes)} classes {', '.join(classes)}"
        raise refuse("prevalence", what, "Give one number a class.")
    expected: NDArray[np.float64] = np.log(np.maximum(prevalence, RAREST))
    return expected
