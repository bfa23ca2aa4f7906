"""Findings for every training case from a model that has not seen it: for stages, calibration, label errors."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hounsfield.seam import Cases, Method, RunContext
from hounsfield.training.parts import learnt
from hounsfield.training.randomness import generator
from hounsfield.values import Case, Findings, Limits, Part, Plan, Setting, State, refuse
from hounsfield.values.together import groups_of


@dataclass(frozen=True)
class Fold:
    """Some of the training cases, and a model that has seen neither them nor another case of their patients."""

    held_out: tuple[Case, ...]
    part: Part


def out_of_fold(
    method: Method, plan: Plan, cases: Cases, folds: int, ctx: RunContext
) -> tuple[list[State], dict[str, Findings]]:
    """Fit on all folds but one, in turn, and answer the cases of that one.

    The state of each fold, and case id -> findings for every training case. Patients are never divided. Resumable:
    each fold is a part of the context. Raises Refused for fewer than two folds or more folds than patients.
    """
    findings = dict[str, Findings]()
    learnt_folds = fit_folds(method, plan, cases, folds, ctx)
    for fold in learnt_folds:
        trained = method.open(fold.part.plan, fold.part.state, Setting(str(ctx.fabric.device)))
        for case in fold.held_out:
            ctx.track.stage("answering out of fold", len(findings), len(cases.training))
            findings[case.id] = trained.answer(case, Limits())
    return [fold.part.state for fold in learnt_folds], findings


def fit_folds(method: Method, plan: Plan, cases: Cases, folds: int, ctx: RunContext) -> list[Fold]:
    """A model for each fold, learnt from the others, in an even share of the time each.

    What a fold holds out does not choose its model either: that is done by the validation cases, where there are any.
    """
    fitted = []
    for number, held_out in enumerate(folds_by_patient(cases.training, folds, seed=ctx.seed)):
        names = {name for case in held_out for name in case.bonds}
        others = Cases(_without(names, cases.training), _without(names, cases.validation))
        part = learnt(method, plan, others, ctx.part(f"fold-{number}", share=1 / (folds - number)))
        fitted.append(Fold(tuple(held_out), part))
    return fitted


def _without(names: set[str], cases: Sequence[Case]) -> tuple[Case, ...]:
    return tuple(case for case in cases if names.isdisjoint(case.bonds))


def folds_by_patient(cases: Sequence[Case], folds: int, *, seed: int) -> list[list[Case]]:
    """The cases in `folds` folds of about as many patients each, drawn by the seed whatever the cases' order.

    Pairs that share patients in a chain count as one patient's.
    """
    group_of = groups_of(cases)
    groups = sorted(set(group_of.values()))
    if not 2 <= folds <= len(groups):
        are_joined = any(len(case.bonds) > 1 for case in cases)
        who = f"group{'s' * (len(groups) != 1)} of patients that share pairs" if are_joined else "patients"
        what = f"are of {len(groups)} {who}, who can not be put into {folds} folds"
        raise refuse("the training cases", what, "Add cases, or ask for another number of folds, two at least.")
    order = generator(seed, 0, purpose="folds").permutation(len(groups))
    fold_of = {groups[at]: place % folds for place, at in enumerate(order)}
    return [[case for case in cases if fold_of[group_of[case.id]] == fold] for fold in range(folds)]
