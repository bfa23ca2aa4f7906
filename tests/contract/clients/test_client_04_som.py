"""Contract client 4: a self-organising map (Kohonen 1982) in numpy: no network, no gradient, no truth."""

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
from hounsfield.seam import Card, Cases
from hounsfield.seam.card import Option
from hounsfield.training.clock import WallClock
from hounsfield.training.iterative import Arrays, IterativeMethod
from hounsfield.training.randomness import generator
from hounsfield.values import Budget, Case, Code, Facts, Findings, Limits, Plan, Series, Setting, State, Truth, refuse

CENTRES = np.array([[-4.0, -4.0], [4.0, -4.0], [0.0, 5.0]])
SIDE = 4


@dataclass
class OpenMap(TrainedMethod):
    """The unit that is nearest to a case's mean."""

    plan: Plan
    units: np.ndarray

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """The weights of that unit."""
        mean = SelfOrganisingMap.points(case).mean(axis=0)
        return Findings(Code(self.units[np.argmin(((self.units - mean) ** 2).sum(axis=1))].astype(np.float32)))


class SelfOrganisingMap(IterativeMethod):
    """Units on a line of SIDE; the best and its neighbours move to a point, less and less."""

    card = Card("som", ("code",), "A map.", "In tests.", "Kohonen 1982.", options={
        "steps": Option("steps", "integer", "points shown", low=1),
        "timed": Option("timed", "flag", "whether steps follow the time"),
        "radius": Option("radius", "number", "of the neighbourhood at first", low=0.1),
    })  # fmt: skip

    @staticmethod
    def points(case: Case) -> np.ndarray:
        """The points of a case (N, 2)."""
        if "points" not in case.inputs:
            raise refuse(case.id, "has no points", "Give some.")
        values = case.inputs["points"].load().values
        if values.shape[1:] != (2,) or not len(values) or not np.isfinite(values).all():
            raise refuse(case.id, "has no points in a plane", "Give two finite numbers each.")
        return np.asarray(values, np.float64)

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        plan = Plan("som", "code")
        for what, value in {"steps": 2000, "timed": budget.seconds is not None, "radius": 2.0, **wishes}.items():
            plan = plan.decide(what, value, "wished" if what in wishes else "as ever")
        return (plan,)

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        return {"points": self.points(case)}

    def begin(self, plan: Plan, cases: Cases, seed: int) -> State:
        return State({"units": generator(seed, 0, purpose="begin").normal(size=(SIDE, 2))}, {"shown": 0})

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> np.ndarray:
        rng = generator(seed, step, purpose="point")
        points = prepared[int(rng.integers(len(prepared)))]["points"]
        return np.asarray(points[int(rng.integers(len(points)))])

    def step(self, plan: Plan, live: State, batch: Any, rng: np.random.Generator) -> tuple[State, dict[str, float]]:
        units, left = live.arrays["units"], 1 - live.facts["shown"] / plan["steps"]
        best = int(np.argmin(((units - batch) ** 2).sum(axis=1)))
        near = np.exp(-((np.arange(SIDE) - best) ** 2) / (2 * (plan["radius"] * left + 0.1) ** 2))
        moved = units + (0.5 * left + 0.01) * near[:, None] * (batch - units)
        loss = float(((units[best] - batch) ** 2).sum())
        return State({"units": moved}, {"shown": live.facts["shown"] + 1}), {"loss": loss}

    def open(self, plan: Plan, state: State, setting: Setting) -> OpenMap:
        return OpenMap(plan, state.arrays["units"])


METHOD = SelfOrganisingMap()
__all__ = ["METHOD", "TASK"]


def _case(number: int) -> Case:
    rng = np.random.default_rng(number)
    centre = CENTRES[number % 3]
    series = Series(np.arange(30.0), centre + 0.3 * rng.normal(size=(30, 2)), ("x", "y"))
    truth = Truth(lazy(Code(centre.astype(np.float32)), f"centre {number}"), of="points")
    return Case(f"blob_{number}", {"points": lazy(series, f"points {number}")}, {"centre": truth})


def _subject(**wishes: Any) -> Subject:
    return subject_of(METHOD, "code", [_case(n) for n in range(8)], **wishes)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
def test_client_som_holds(holds: Callable[[Subject, Path], None], tmp_path: Path) -> None:
    holds(_subject(), tmp_path)


@pytest.mark.usefixtures("client")
def test_client_som_finds_the_centres_of_a_mixture(tmp_path: Path) -> None:
    """Each of the three Gaussians gets a unit of its own, within twice their deviation of 0.3."""
    units = _subject(steps=1000).fit(tmp_path, clock=WallClock()).arrays["units"]
    apart = np.linalg.norm(units[:, None] - CENTRES[None], axis=2)
    assert apart.min(axis=0).max() < 0.6
    assert len(set(apart.argmin(axis=0))) == 3
