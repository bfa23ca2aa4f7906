"""What the contract is held against: a method, the cases it learns from, and the wishes that make it tiny."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from contract_cases import KINDS

from hounsfield.planning.fingerprint import fingerprint
from hounsfield.registry.tables import METHODS, TASKS
from hounsfield.seam import Cases, Clock, Method, Trained, read_card
from hounsfield.tasks.task import Task
from hounsfield.training.clock import StepClock
from hounsfield.training.context import FolderContext
from hounsfield.values import Budget, Case, Facts, Limits, Plan, Refused, Setting, State

STEPS = 7


@dataclass(frozen=True)
class Subject:
    """A method with cases. held_out is none of those that it learns from; others: further wishes."""

    method: Method
    task: str
    cases: Cases
    held_out: Case
    others: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def wishes(self) -> dict[str, Any]:
        """Tiny, seven steps, a look at the validation cases after three of them."""
        few = {"steps": STEPS, "validate_every": 3}
        known = self.method.card.options
        return {**self.method.card.tiny, **{k: v for k, v in few.items() if k in known}, **self.others}

    @cached_property
    def facts(self) -> Facts:
        """The facts of the training cases."""
        facts, _, problems = fingerprint(self.cases.training)
        assert not problems
        return facts

    @cached_property
    def plan(self) -> Plan:
        """The default plan under the wishes."""
        return self.method.candidates(self.facts, Budget(), self.wishes)[0]

    @property
    def table(self) -> Task:
        """What the task says."""
        return TASKS.load(self.task)

    @property
    def repeats(self) -> bool:
        """Whether it learns by steps."""
        return "steps" in self.plan

    def fit(self, folder: Path, *, clock: Clock | None = None, seed: int = 0, **other: Any) -> State:
        """Learn, in this folder; other: plan, cases, start, watch instead of the subject's own."""
        watch = {"watch": other["watch"]} if "watch" in other else {}
        ctx = FolderContext.at(folder, seed=seed, clock=clock or StepClock(), **watch)
        return self.method.fit(other.get("plan", self.plan), other.get("cases", self.cases), ctx, other.get("start"))

    @cached_property
    def state(self) -> State:
        """What it learns where nothing disturbs it; seed 0."""
        with tempfile.TemporaryDirectory() as folder:
            return self.fit(Path(folder))

    def open(self, state: State | None = None, plan: Plan | None = None) -> Trained:
        """The method with what it learnt."""
        return self.method.open(plan or self.plan, state or self.state, Setting())

    def answer(self, case: Case, state: State | None = None) -> Any:
        """What it says of a case."""
        return self.open(state).answer(case, Limits())


def every_method() -> list[tuple[str, str]]:
    """Every registered method with each of its tasks."""
    return [(name, task) for name in METHODS.names() for task in read_card(name).tasks]


@cache
def registered(name: str, task: str) -> Subject:
    """A registered method on the first kind of phantoms for this task that it takes."""
    method: Method = METHODS.load(name)
    refused = []
    for kind in KINDS[task]:
        subject = subject_of(method, task, kind())
        try:
            assert subject.plan.method == name
            return subject
        except Refused as refusal:
            refused.append(str(refusal))
    raise AssertionError(f"{name} takes none of the phantoms for {task}: {refused}")


def subject_of(method: Method, task: str, cases: Sequence[Case], **others: Any) -> Subject:
    """The last case is held out, the one before it is for validation, the rest is learnt from."""
    answer = TASKS.load(task).answer
    cases = [with_truths_of(case, answer) for case in cases]
    return Subject(method, task, Cases(tuple(cases[:-2]), (cases[-2],)), cases[-1], others)


def with_truths_of(case: Case, answer: type) -> Case:
    """The case with truths of the task's own kind, where it has any."""
    own = {name: truth for name, truth in case.truths.items() if issubclass(truth.answer.kind, answer)}
    return replace(case, truths=own) if own else case
