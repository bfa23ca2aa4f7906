"""plan: what training would do, and what it would take, before anything runs."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.planning.choice import choose
from hounsfield.planning.device import devices
from hounsfield.training.fabric import OneDevice
from hounsfield.training.rehearsal import rehearse
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, MiB, Plan, Problem, Rehearsal, refuse
from hounsfield.verbs.counting import duration
from hounsfield.verbs.question import Question
from hounsfield.verbs.study import Study, study

WRITING_SECONDS = 5.0  # kept back for the package and its report


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

    def lines(self) -> list[str]:
        """What there is to say, a decision a line."""
        lines = [f"  {d.what} = {d.value}  ({d.why})" for d in (self.study.chosen, *self.plan.decisions)]
        memory, disk = (f"{size / MiB:.0f} MiB" for size in (self.rehearsal.bytes, self.rehearsal.disk))
        takes = f"{duration(self.seconds)}, {memory} of memory and {disk} of disk"
        return [f"{self.plan!r}, expected to take {takes}:", *lines]

    def __repr__(self) -> str:
        return "\n".join(self.lines())


def plan(data: str | Path | Dataset, *, watch: Watcher = nobody, **asked: Any) -> Planned:
    """Plan a training and rehearse it for a few steps; the words are those of `train`."""
    began = time.monotonic()
    question = Question(data if isinstance(data, Dataset) else str(data), **asked)
    found = study(question, watch=watch)
    return planned(found, question, began=began, watch=watch)


def planned(found: Study, question: Question, *, began: float, watch: Watcher = nobody) -> Planned:
    """The plan that fits the budget, among the method's candidates.

    began: when the whole began, by the monotonic clock. Raises Refused where the time does not suffice for a step.
    """
    budget = question.budget
    candidates = found.candidates(question)
    watch({"stage": "rehearsing", "done": 0, "total": 1})
    rehearsals = [rehearse(found.method, candidates[0], found.cases, fabric_for(candidates[0]), seed=question.seed)]
    if budget.ram is not None or budget.disk is not None:
        rehearsals += [rehearse(found.method, other, found.cases, fabric_for(other)) for other in candidates[1:]]
    watch({"stage": "rehearsing", "done": 1, "total": 1})
    made = Planned(*choose(candidates[: len(rehearsals)], rehearsals, budget), found)
    _refuse_too_short(made, question, time.monotonic() - began)
    return made


def _refuse_too_short(made: Planned, question: Question, spent: float) -> None:
    if question.budget.seconds is None or not made.plan.get("timed", False):
        return
    needed = spent + made.rehearsal.seconds_to_prepare + made.rehearsal.seconds_per_step + WRITING_SECONDS
    if needed > question.budget.seconds:
        what = f"is {question.minutes:g}, and {needed:.0f} seconds pass until a first step is done and written down"
        raise refuse("--minutes", what, f"Give {math.ceil(needed / 30)} at least.")


def fabric_for(plan: Plan) -> OneDevice:
    """The device and precision that a plan runs on."""
    return OneDevice(devices()[0], plan.get("precision", "fp32"))
