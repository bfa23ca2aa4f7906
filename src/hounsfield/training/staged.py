"""Methods of several stages: each stage's answer is the next one's input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from hounsfield.inference.trained import TrainedMethod
from hounsfield.registry.tables import TASKS
from hounsfield.seam import Card, Cases, Method, RunContext, Trained
from hounsfield.training.out_of_fold import out_of_fold
from hounsfield.values import (
    Budget,
    Case,
    Dense,
    Facts,
    Findings,
    Lazy,
    Limits,
    Part,
    Plan,
    Setting,
    State,
    refuse,
)

Feeds = Literal["truth", "out_of_fold", "predicted"]
FOLDS = 3


@dataclass(frozen=True)
class Stage:
    """A stage: its name, which is the role of its answer in later stages, its method, and what it feeds them with.

    feeds: while later stages learn, its answer is the "truth", what it "predicted" for cases it has learnt from, or
    "out_of_fold" what it says of cases it has not seen.
    """

    name: str
    method: Method
    feeds: Feeds = "out_of_fold"


class StagedMethod:
    """A method of stages, packaged as one; each stage is a package in it and can be retrained or replaced alone.

    The plan has a part for each stage. Where the plan decides "retrain" (names of stages) and a state to start from is
    given, the other stages are taken from it as they are.
    """

    card: Card
    stages: tuple[Stage, ...]

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """One plan with the first candidate of each stage; the time is shared evenly. Wishes are STAGE.OPTION."""
        share = replace(budget, seconds=None if budget.seconds is None else budget.seconds / len(self.stages))
        parts = {}
        for stage in self.stages:
            own = {w.partition(".")[2]: v for w, v in wishes.items() if w.startswith(f"{stage.name}.")}
            parts[stage.name] = stage.method.candidates(facts, share, own)[0]
        plan = Plan(self.card.name, self.card.tasks[0], parts=parts)
        if "retrain" in wishes:
            plan = plan.decide("retrain", wishes["retrain"], "wished")
        return (plan,)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Fit the stages in order, each on the cases with the answers of those before it."""
        retrain = plan.get("retrain", [stage.name for stage in self.stages])
        kept = start.parts if start is not None else {}
        parts: dict[str, Part] = {}
        for number, stage in enumerate(self.stages):
            own = plan.parts[stage.name]
            if stage.name in retrain or stage.name not in kept:
                state = stage.method.fit(own, cases, ctx.part(stage.name), _of(kept, stage.name))
                parts[stage.name] = Part(own, state)
            else:
                parts[stage.name] = kept[stage.name]
            if number + 1 < len(self.stages):
                cases = self._fed(stage, parts[stage.name], cases, ctx)
        return State(parts=parts)

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """All stages, opened."""
        missing = [stage.name for stage in self.stages if stage.name not in state.parts]
        if missing:
            raise refuse(self.card.name, f"lacks the stage {', '.join(missing)}", "Train it, or start from a package.")
        parts = {stage.name: state.parts[stage.name] for stage in self.stages}
        opened = {s.name: s.method.open(parts[s.name].plan, parts[s.name].state, setting) for s in self.stages}
        return TrainedStages(plan, opened)

    def _fed(self, stage: Stage, part: Part, cases: Cases, ctx: RunContext) -> Cases:
        """The cases with this stage's answer as a further input."""
        if stage.feeds == "truth":
            kind = TASKS.load(part.plan.task).answer
            return Cases(*(tuple(_with_truth(case, stage.name, kind) for case in some) for some in _both(cases)))
        trained = stage.method.open(part.plan, part.state, Setting())
        validation = tuple(_with(case, stage.name, trained.answer(case, Limits())) for case in cases.validation)
        if stage.feeds == "predicted":
            said = {case.id: trained.answer(case, Limits()) for case in cases.training}
        else:
            _, said = out_of_fold(stage.method, part.plan, cases, FOLDS, ctx.part(f"{stage.name}-folds"))
        return Cases(tuple(_with(case, stage.name, said[case.id]) for case in cases.training), validation)


@dataclass
class TrainedStages(TrainedMethod):
    """The stages one after another; the last one's evidence is the method's."""

    plan: Plan
    stages: Mapping[str, Trained]

    def evidence(self, case: Case, limits: Limits) -> Dense | Findings:
        """The last stage's evidence, on the case with the answers of the others."""
        *before, last = self.stages
        for name in before:
            case = _with(case, name, self.stages[name].answer(case, limits))
        return self.stages[last].evidence(case, limits)


def _of(parts: Mapping[str, Part], name: str) -> State | None:
    return parts[name].state if name in parts else None


def _both(cases: Cases) -> tuple[tuple[Case, ...], tuple[Case, ...]]:
    return cases.training, cases.validation


def _with(case: Case, role: str, findings: Findings) -> Case:
    """The case with a stage's answer as an input."""
    answer, told = findings.main, f"{case.digest_of_inputs()}/{role}"
    lazy = Lazy[Any](type(answer), f"{role} of {case.id}", lambda: answer, lambda: told)
    return replace(case, inputs={**case.inputs, role: lazy})


def _with_truth(case: Case, role: str, kind: type) -> Case:
    """The case with its truth in the place of a stage's answer."""
    for truth in case.truths.values():
        if issubclass(truth.answer.kind, kind):
            return replace(case, inputs={**case.inputs, role: truth.answer})
    raise refuse(case.id, f"has no truth to feed as {role}", "Leave it out, or let the stage feed out of fold.")
