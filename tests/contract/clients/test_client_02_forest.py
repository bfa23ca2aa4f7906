"""Contract client 2: a random forest (Breiman 2001) on hand-made features, its state plain arrays."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_cases import pictures
from contract_properties import PROPERTIES
from contract_subjects import Subject, subject_of
from sklearn.ensemble import RandomForestClassifier

from hounsfield.inference.images import load_images
from hounsfield.inference.trained import TrainedMethod
from hounsfield.seam import Card, Cases, RunContext
from hounsfield.seam.card import Option
from hounsfield.values import Budget, Case, Diagnosis, Facts, Findings, Limits, Plan, Setting, State, refuse

TREE = {"left": "children_left", "right": "children_right", "feature": "feature", "threshold": "threshold"}


def features_of(case: Case) -> np.ndarray:
    """Mean, deviation and three quantiles of each of three channels (15,)."""
    image = load_images(case, ["image"])[0]
    if image.channels != 3 or image.grid.ndim != 2:
        raise refuse(case.id, f"is {image!r}", "Give a picture in colours.")
    channels = np.nan_to_num(image.array(np.float64).reshape(3, -1))
    quantiles = np.quantile(channels, (0.05, 0.5, 0.95), axis=1)
    return np.concatenate([channels.mean(axis=1), channels.std(axis=1), quantiles.ravel()])


def probabilities(arrays: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """The mean over the trees of the class shares in the leaf that x (F,) falls into: (K,)."""
    x, shares = x.astype(np.float32), []  # the trees were grown on float32
    for root in arrays["roots"]:
        node = int(root)
        while arrays["left"][node] >= 0:
            goes_left = x[arrays["feature"][node]] <= arrays["threshold"][node]
            node = int(root + arrays["left" if goes_left else "right"][node])
        shares.append(arrays["shares"][node])
    return np.mean(shares, axis=0)


@dataclass
class OpenForest(TrainedMethod):
    """The forest's classes."""

    plan: Plan
    state: State

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """The mean of the trees."""
        said = probabilities(self.state.arrays, features_of(case))
        return Findings(Diagnosis({name: float(p) for name, p in zip(self.state.facts["classes"], said, strict=True)}))


class Forest:
    """Grown by scikit-learn, kept and asked as arrays."""

    card = Card("forest", ("diagnosis",), "A forest.", "In tests.", "Breiman 2001.", options={
        "trees": Option("trees", "integer", "how many", low=1),
        "classes": Option("classes", "words", "to tell apart"),
    })  # fmt: skip

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        plan = Plan("forest", "diagnosis")
        classes = facts.words.get("classes", ())
        for what, value in {"trees": 20, "classes": classes, **wishes}.items():
            plan = plan.decide(what, value, "wished" if what in wishes else "as ever")
        return (plan,)

    def grown(self, plan: Plan, cases: Cases, seed: int) -> RandomForestClassifier:
        """scikit-learn's own forest."""
        truths = [case.truth(Diagnosis) for case in cases.training]
        if None in truths:
            raise refuse("forest", "needs a truth for each case", "Leave the others out.")
        told = [truth.likeliest for truth in truths if truth is not None]
        known = [n for n, name in enumerate(told) if name in plan["classes"]]
        forest = RandomForestClassifier(plan["trees"], random_state=seed, min_samples_leaf=2)
        x = [features_of(cases.training[n]) for n in known]
        return forest.fit(x, [plan["classes"].index(told[n]) for n in known])

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        trees = [each.tree_ for each in self.grown(plan, cases, ctx.seed).estimators_]
        arrays = {name: np.concatenate([getattr(tree, theirs) for tree in trees]) for name, theirs in TREE.items()}
        arrays["roots"] = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
        shares = np.concatenate([tree.value[:, 0] for tree in trees])
        arrays["shares"] = shares / shares.sum(axis=1, keepdims=True)
        return State(arrays, {"classes": plan["classes"]})

    def open(self, plan: Plan, state: State, setting: Setting) -> OpenForest:
        return OpenForest(plan, state)


METHOD = Forest()


def _subject() -> Subject:
    return subject_of(METHOD, "diagnosis", pictures())


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
def test_client_forest_holds(holds: Callable[[Subject, Path], None], tmp_path: Path) -> None:
    holds(_subject(), tmp_path)


@pytest.mark.usefixtures("client")
def test_client_forest_says_what_scikit_learn_says() -> None:
    subject = _subject()
    theirs = METHOD.grown(subject.plan, subject.cases, seed=0)
    for case in (*subject.cases.training, *subject.cases.validation, subject.held_out):
        expected = theirs.predict_proba([features_of(case)])[0]
        ours = subject.open().evidence(case, Limits())
        assert isinstance(ours, Findings)
        assert isinstance(ours.main, Diagnosis)
        assert list(ours.main.probabilities.values()) == pytest.approx(expected, abs=1e-12)
