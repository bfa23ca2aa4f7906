"""Methods of several stages: each stage's answer is an input of those after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from hounsfield.inference.trained import TrainedMethod
from hounsfield.registry.tables import METHODS
from hounsfield.seam import Card, Cases, Method, RunContext, Trained
from hounsfield.training.feeding import OpenStage, answer_kind, facts_with, with_findings, with_truth
from hounsfield.training.out_of_fold import fit_folds
from hounsfield.training.parts import learnt
from hounsfield.values import Budget, Case, Dense, Facts, Findings, Limits, Part, Plan, Setting, State, refuse
from hounsfield.values.together import groups_of

Feeds = Literal["truth", "out_of_fold", "predicted"]
FOLDS = 3  # models that answer out of fold; fewer where there are fewer patients


@dataclass(frozen=True)
class Stage:
    """A stage: its name, which is the role of its answer in later stages, its method, and what it feeds them with.

    feeds: of a case that later stages learn from, they are shown the "truth", what the stage "predicted" for the case
    though it has learnt from it, or "out_of_fold" what a model says that has not seen the case's patient. Of every
    other case, those of validation included, they are shown what the stage says.
    """

    name: str
    method: Method
    feeds: Feeds = "out_of_fold"

    def __post_init__(self) -> None:
        if not self.name.isidentifier():  # it names folders and begins wishes
            raise ValueError(f"{self.name!r} is no name for a stage: letters, digits and underscores")

    @property
    def models(self) -> int:
        """How many models are learnt only to feed the stages after it."""
        return FOLDS if self.feeds == "out_of_fold" else 0


class StagedMethod:
    """A method of stages, packaged as one; each stage is a package in it and can be retrained or replaced alone.

    The plan has a part for each stage. Where it decides "retrain" (names of stages), the other stages are taken as
    they are from the state to start from. Wishes are STAGE.OPTION: the card has an option of that name for each
    option of a stage that may be wished.
    """

    card: Card
    stages: tuple[Stage, ...]

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """One plan with the first candidate of each stage; the time is shared evenly between all models."""
        self._refuse_unknown(wishes)
        share = replace(budget, seconds=None if budget.seconds is None else budget.seconds / self._models({}))
        parts = {}
        for stage in self.stages:
            own = {w.partition(".")[2]: v for w, v in wishes.items() if w.startswith(f"{stage.name}.")}
            parts[stage.name] = stage.method.candidates(facts, share, own)[0]
            facts = facts_with(facts, stage.name, answer_kind(parts[stage.name].task))
        plan = Plan(self.card.name, parts[self.stages[-1].name].task, parts=parts)
        return (plan.decide("retrain", wishes["retrain"], "wished") if "retrain" in wishes else plan,)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Fit the stages in order, each on the cases with the answers of those before it."""
        given = self._given(start)
        kept = {name: part for name, part in given.items() if name not in plan.get("retrain", [*given])}
        self._check(plan, kept)
        parts: dict[str, Part] = {}
        for number, stage in enumerate(self.stages):
            left = self._models(kept, number)
            if stage.name in kept:
                parts[stage.name] = kept[stage.name]
            else:
                begun, stage_ctx = given.get(stage.name), ctx.part(stage.name, share=1 / left)
                own = plan.parts[stage.name]
                parts[stage.name] = learnt(stage.method, own, cases, stage_ctx, begun.state if begun else None)
                left -= 1
            if self._feeds(number, kept):
                feeding = ctx.part(f"{stage.name}-folds", share=stage.models / left)
                cases = _fed(stage, parts[stage.name], cases, feeding)
        return State(parts=parts)

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """All stages, opened."""
        missing = [stage.name for stage in self.stages if stage.name not in state.parts]
        if missing:
            raise refuse(self.card.name, f"lacks the stage {', '.join(missing)}", "Train it, or start from a package.")
        return TrainedStages(plan, {s.name: _opened(s, state.parts[s.name], setting) for s in self.stages})

    def _models(self, kept: Mapping[str, Part], first: int = 0) -> int:
        """How many models are still to be learnt from this stage on, those that only feed others included."""
        counts = [
            (stage.name not in kept) + (stage.models if self._feeds(number, kept) else 0)
            for number, stage in enumerate(self.stages)
        ]
        return sum(counts[first:])

    def _feeds(self, number: int, kept: Mapping[str, Part]) -> bool:
        """Whether a stage after this one is to be learnt."""
        return any(stage.name not in kept for stage in self.stages[number + 1 :])

    def _given(self, start: State | None) -> Mapping[str, Part]:
        """The stages that the state to start from has."""
        if start is None:
            return {}
        given = {stage.name: start.parts[stage.name] for stage in self.stages if stage.name in start.parts}
        if not given:
            what = f"has none of the stages {', '.join(stage.name for stage in self.stages)}"
            raise refuse("--start-from", what, f"Start from a package of the method {self.card.name}.")
        return given

    def _check(self, plan: Plan, kept: Mapping[str, Part]) -> None:
        """Raises Refused, before anything is learnt, where the plan's parts can not be followed."""
        self._refuse_unknown({"retrain": plan.get("retrain", [])})
        names = [stage.name for stage in self.stages]
        if sorted(plan.parts) != sorted(names):
            what = f"has the parts {', '.join(plan.parts) or 'none'}, and the stages are {', '.join(names)}"
            raise refuse("plan", what, "Make it anew.")
        for stage in self.stages:
            wanted, there = plan.parts[stage.name], kept.get(stage.name)
            if there is None:
                stage.method.card.check(wanted)
            elif there.plan.task != wanted.task:
                what = f"is for {there.plan.task}, and the stage {stage.name} for {wanted.task}"
                raise refuse("--start-from", what, "Replace the stage by a package that does the same.")

    def _refuse_unknown(self, wishes: Mapping[str, Any]) -> None:
        """Raises Refused for wishes about stages that there are not."""
        names = {stage.name for stage in self.stages}
        odd = [wish for wish in wishes if wish != "retrain" and wish.partition(".")[0] not in names]
        odd += [name for name in wishes.get("retrain", []) if name not in names]
        if odd:
            what = f"has no stage for {', '.join(odd)}"
            raise refuse(self.card.name, what, f"Its stages: {', '.join(stage.name for stage in self.stages)}.")


@dataclass
class TrainedStages(TrainedMethod):
    """The stages one after another; the last one's word is the method's."""

    plan: Plan
    stages: Mapping[str, Trained]

    def evidence(self, case: Case, limits: Limits) -> Dense | Findings:
        """The last stage's evidence, on the case with the answers of the others."""
        return self._last.evidence(self._seen_by_last(case, limits), limits)

    def answer(self, case: Case, limits: Limits) -> Findings:
        """The last stage's answer, on the case with the answers of the others."""
        return self._last.answer(self._seen_by_last(case, limits), limits)

    @property
    def _last(self) -> Trained:
        return list(self.stages.values())[-1]

    def _seen_by_last(self, case: Case, limits: Limits) -> Case:
        for name in list(self.stages)[:-1]:
            case = with_findings(case, name, self.stages[name].answer(case, limits))
        return case


def _fed(stage: Stage, part: Part, cases: Cases, ctx: RunContext) -> Cases:
    """The cases with this stage's answer as a further input."""
    own = OpenStage(stage.name, part, _opened(stage, part, Setting(str(ctx.fabric.device))))
    validation = tuple(own.on(case, keep=True) for case in cases.validation)
    if stage.feeds == "truth":
        kind = answer_kind(part.plan.task)
        return Cases(tuple(with_truth(case, stage.name, kind) for case in cases.training), validation)
    if stage.feeds == "predicted":
        return Cases(tuple(own.on(case) for case in cases.training), validation)
    fed, folds = dict[str, Case](), min(FOLDS, len(set(groups_of(cases.training).values())))
    for fold in fit_folds(_method(stage, part), part.plan, cases, folds, ctx):
        unseen = OpenStage(stage.name, fold.part, _opened(stage, fold.part, Setting(str(ctx.fabric.device))))
        fed |= {case.id: unseen.on(case) for case in fold.held_out}
    return Cases(tuple(fed[case.id] for case in cases.training), validation)


def _opened(stage: Stage, part: Part, setting: Setting) -> Trained:
    return _method(stage, part).open(part.plan, part.state, setting)


def _method(stage: Stage, part: Part) -> Method:
    """The stage's method, or that of the package which the stage was replaced by."""
    if part.plan.method == stage.method.card.name:
        return stage.method
    method: Method = METHODS.load(part.plan.method)
    return method
