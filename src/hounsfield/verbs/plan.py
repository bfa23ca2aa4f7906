"""plan: what training would do, and what it would take, before anything runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hounsfield.planning.choice import choose
from hounsfield.planning.device import devices
from hounsfield.training.fabric import OneDevice
from hounsfield.training.rehearsal import rehearse
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Decision, MiB, Plan, Problem, Rehearsal
from hounsfield.verbs.study import Question, Study, budget_of, study


@dataclass(frozen=True)
class Planned:
    """A plan, what its rehearsal showed, and what was found on the way."""

    plan: Plan
    rehearsal: Rehearsal
    study: Study

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read."""
        return self.study.problems

    @property
    def seconds(self) -> float:
        """How long training would take, as far as steps go."""
        steps = float(self.plan.get("steps", 0))
        return self.rehearsal.seconds_to_prepare + steps * self.rehearsal.seconds_per_step

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        return {
            "plan": self.plan.to_json(),
            "chosen": self.study.chosen.to_json(),
            "rehearsal": self.rehearsal.to_json(),
            "expected": {"seconds": self.seconds, "bytes": self.rehearsal.bytes, "disk": self.rehearsal.disk},
            "problems": [problem.to_json() for problem in self.problems],
        }

    def __repr__(self) -> str:
        lines = [f"  {d.what} = {d.value}  ({d.why})" for d in (self.study.chosen, *self.plan.decisions)]
        takes = f"{self.seconds / 60:.1f} minutes, {self.rehearsal.bytes / MiB:.0f} MiB of memory"
        return "\n".join([f"{self.plan!r}, expected to take {takes}:", *lines])


def plan(data: str, *, watch: Watcher = nobody, **asked: Any) -> Planned:
    """Plan a training and rehearse it for a few steps; the words are those of `train`."""
    question = Question(str(data), **asked)
    found = study(question, watch=watch)
    return planned(found, question, watch=watch)


def planned(found: Study, question: Question, *, watch: Watcher = nobody) -> Planned:
    """The plan that fits the budget, among the method's candidates."""
    budget = budget_of(question)
    candidates = found.candidates(question)
    watch({"stage": "rehearsing", "done": 0, "total": 1})
    rehearsals = [rehearse(found.method, candidates[0], found.cases, fabric_for(candidates[0]), seed=question.seed)]
    if budget.ram is not None or budget.disk is not None:
        rehearsals += [rehearse(found.method, other, found.cases, fabric_for(other)) for other in candidates[1:]]
    watch({"stage": "rehearsing", "done": 1, "total": 1})
    chosen = choose(candidates[: len(rehearsals)], rehearsals, budget)
    return Planned(chosen, rehearsals[candidates_index(candidates, chosen)], found)


def candidates_index(candidates: Any, chosen: Plan) -> int:
    """Which candidate a plan was made of: the one with the same decisions but for time."""
    timeless = {"steps", "validate_every"}

    def rest(plan: Plan) -> list[Decision]:
        return [decision for decision in plan.decisions if decision.what not in timeless]

    return next(number for number, candidate in enumerate(candidates) if rest(candidate) == rest(chosen))


def fabric_for(plan: Plan) -> OneDevice:
    """The device and precision that a plan runs on."""
    return OneDevice(devices()[0], plan.get("precision", "fp32"))
