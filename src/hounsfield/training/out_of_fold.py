"""Findings for every training case from a model that has not seen it: for stages, calibration, label errors."""

from __future__ import annotations

from collections.abc import Sequence

from hounsfield.seam import Cases, Method, RunContext
from hounsfield.training.randomness import generator
from hounsfield.values import Case, Findings, Limits, Plan, Setting, State


def out_of_fold(
    method: Method, plan: Plan, cases: Cases, folds: int, ctx: RunContext
) -> tuple[list[State], dict[str, Findings]]:
    """Fit on all folds but one, in turn, and answer the cases of that one.

    The state of each fold, and case id -> findings for every training case. Patients are never divided. Resumable:
    each fold is a part of the context. Raises ValueError for fewer than two folds or more folds than patients.
    """
    states, findings = [], dict[str, Findings]()
    for number, held_out in enumerate(folds_by_patient(cases.training, folds, seed=ctx.seed)):
        ids = {case.id for case in held_out}
        rest = tuple(case for case in cases.training if case.id not in ids)
        state = method.fit(plan, Cases(rest, tuple(held_out)), ctx.part(f"fold-{number}"))
        trained = method.open(plan, state, Setting())
        findings |= {case.id: trained.answer(case, Limits()) for case in held_out}
        states.append(state)
    return states, findings


def folds_by_patient(cases: Sequence[Case], folds: int, *, seed: int) -> list[list[Case]]:
    """The cases in `folds` groups of about as many patients each, drawn by the seed whatever the cases' order."""
    patients = sorted({case.patient for case in cases})
    if not 2 <= folds <= len(patients):
        raise ValueError(f"{len(patients)} patients can not be put into {folds} folds")
    order = generator(seed, 0, purpose="folds").permutation(len(patients))
    fold_of = {patients[at]: place % folds for place, at in enumerate(order)}
    return [[case for case in cases if fold_of[case.patient] == fold] for fold in range(folds)]
