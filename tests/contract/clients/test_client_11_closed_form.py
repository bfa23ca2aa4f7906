"""Contract client 11: no steps at all: ridge regression on random features (Rahimi and Recht 2007), solved at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_cases import lazy
from contract_code_task import TASK
from contract_properties import PROPERTIES
from contract_subjects import Subject, subject_of

from hounsfield.inference.trained import TrainedMethod
from hounsfield.seam import Card, Cases, RunContext
from hounsfield.seam.card import Option
from hounsfield.training.randomness import generator
from hounsfield.values import Budget, Case, Code, Facts, Findings, Limits, Plan, Setting, State, Truth, refuse


def inputs_of(case: Case) -> np.ndarray:
    """x and y of a case (2,)."""
    told = [case.covariates.get(name) for name in ("x", "y")]
    if not all(isinstance(value, float) for value in told):
        raise refuse(case.id, "does not say x and y", "Both are needed.")
    return np.array(told, np.float64)


def features(state: Mapping[str, np.ndarray], x: np.ndarray) -> np.ndarray:
    """Cosines of random projections (N, F) of inputs (N, 2)."""
    return np.cos(x @ state["directions"] + state["phases"])


@dataclass
class OpenRidge(TrainedMethod):
    """A prediction."""

    plan: Plan
    state: State

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """The weighted sum of the features."""
        arrays = self.state.arrays
        return Findings(Code((features(arrays, inputs_of(case)[None]) @ arrays["weights"]).astype(np.float32)[0]))


class Ridge:
    """A method that is none of the bases: three functions and a card are enough."""

    card = Card("ridge", ("code",), "Ridge.", "In tests.", "Rahimi and Recht 2007.", options={
        "features": Option("features", "integer", "random features", low=1),
        "ridge": Option("ridge", "number", "what keeps weights small", low=1e-12),
    })  # fmt: skip

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        plan = Plan("ridge", "code")
        for what, value in {"features": 80, "ridge": 1e-6, **wishes}.items():
            plan = plan.decide(what, value, "wished" if what in wishes else "as ever")
        return (plan,)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """weights = (Z'Z + ridge I)^-1 Z'y."""
        rng = generator(ctx.seed, 0, purpose="features")
        n = plan["features"]
        arrays = {"directions": rng.normal(size=(2, n)), "phases": rng.uniform(0, 2 * np.pi, n)}
        truths = [case.truth(Code) for case in cases.training]
        if any(truth is None for truth in truths):
            raise refuse("ridge", "needs a truth for each case", "Leave the others out.")
        y = np.array([truth.vector for truth in truths if truth is not None], np.float64)
        z = features(arrays, np.array([inputs_of(case) for case in cases.training]))
        arrays["weights"] = np.linalg.solve(z.T @ z + plan["ridge"] * np.eye(n), z.T @ y)
        return State(arrays)

    def open(self, plan: Plan, state: State, setting: Setting) -> OpenRidge:
        return OpenRidge(plan, state)


METHOD = Ridge()
__all__ = ["METHOD", "TASK"]


def _case(number: int) -> Case:
    x, y = (float(v) for v in np.random.default_rng(number).uniform(-1, 1, 2))
    truth = Truth(lazy(Code(np.array([np.sin(2 * x) + y], np.float32)), f"truth {number}"))
    return Case(f"point_{number}", {}, {"z": truth}, {"x": x, "y": y})


def _subject() -> Subject:
    return subject_of(METHOD, "code", [_case(n) for n in range(200)])


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
def test_client_ridge_holds(holds: Callable[[Subject, Path], None], tmp_path: Path) -> None:
    holds(_subject(), tmp_path)


@pytest.mark.usefixtures("client")
def test_client_ridge_predicts_what_it_has_not_seen() -> None:
    ridge = _subject()
    truth = ridge.held_out.truth(Code)
    assert truth is not None
    assert ridge.answer(ridge.held_out).main.vector == pytest.approx(truth.vector, abs=0.02)
