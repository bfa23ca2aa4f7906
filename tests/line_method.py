"""A method of one page that fits a straight line by gradient steps in numpy; its arithmetic can be done by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hounsfield.inference.trained import TrainedMethod
from hounsfield.seam import Card, Cases
from hounsfield.seam.card import Option
from hounsfield.training.iterative import Arrays, IterativeMethod
from hounsfield.values import Budget, Case, Code, Facts, Findings, Limits, Plan, Setting, State

RATE = 0.1


@dataclass
class OpenLine(TrainedMethod):
    """The slope."""

    plan: Plan
    state: State

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """The same for every case."""
        return Findings(Code(self.state.arrays["weight"].astype(np.float32)))


class Line(IterativeMethod):
    """y = w x, the loss (w x - y)^2; step n sees the case n modulo their number. `own` stays at its site."""

    card = Card("line", ("segmentation",), "A line.", "In tests.", "Nobody.", options={
        "steps": Option("steps", "integer", "steps", low=1),
        "timed": Option("timed", "flag", "whether steps follow the time"),
    })  # fmt: skip

    def __init__(self, watch: Callable[[int, Plan], None] = lambda step, plan: None) -> None:
        self.watch, self.prepared = watch, list[str]()

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        return (plan_of(10),)

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        self.prepared.append(case.id)
        return {"xy": np.array([case.covariates["x"], case.covariates["y"]], np.float64)}

    def begin(self, plan: Plan, cases: Cases, seed: int) -> State:
        return State({"weight": np.zeros(1), "own": np.zeros(1), "seen": np.zeros(1, np.int64)}, {"made": "by hand"})

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> Any:
        self.watch(step, plan)
        return prepared[step % len(prepared)]["xy"]

    def step(self, plan: Plan, live: State, batch: Any, rng: np.random.Generator) -> tuple[State, dict[str, float]]:
        x, y = batch
        weight = live.arrays["weight"]
        arrays = {"weight": weight - RATE * 2 * x * (weight * x - y), "own": live.arrays["own"] + x}
        return State({**arrays, "seen": live.arrays["seen"] + 1}, live.facts), {"loss": float((weight[0] * x - y) ** 2)}

    def shared(self, name: str) -> bool:
        return name != "own"

    def open(self, plan: Plan, state: State, setting: Setting) -> OpenLine:
        return OpenLine(plan, state)


def plan_of(steps: int, **more: Any) -> Plan:
    """A plan of so many steps."""
    plan = Plan("line", "segmentation")
    for what, value in {"steps": steps, **more}.items():
        plan = plan.decide(what, value, "in a test")
    return plan


def cases_of(*points: tuple[float, float]) -> Cases:
    """A case for each (x, y)."""
    return Cases(tuple(Case(f"case_{n}", {}, {}, {"x": x, "y": y}) for n, (x, y) in enumerate(points)))
