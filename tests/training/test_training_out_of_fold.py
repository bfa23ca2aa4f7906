"""Out of fold: every case is answered by a model that has seen nothing of its patient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from hounsfield.inference.trained import TrainedMethod
from hounsfield.seam import Card, Cases, RunContext
from hounsfield.training.clock import StepClock
from hounsfield.training.context import FolderContext
from hounsfield.training.out_of_fold import fit_folds, folds_by_patient, out_of_fold
from hounsfield.values import Budget, Case, Code, Facts, Findings, Limits, Plan, Refused, Setting, State, equal
from line_method import Line, cases_of, plan_of


@dataclass
class Recalled(TrainedMethod):
    """1 for a case whose patient it has seen, in training or in validation; 0 otherwise."""

    plan: Plan
    state: State

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """As `answer`."""
        return self.answer(case, limits)

    def answer(self, case: Case, limits: Limits) -> Findings:
        """Whether it has seen the patient."""
        return Findings(Code(np.array([bool(set(case.bonds) & set(self.state.facts["seen"]))], np.float32)))


@dataclass
class Recalling:
    """Learns whom it has seen; counts how often it learns, and dies before the one that is its `last`."""

    last: int = 99
    learnt: list[int] = field(default_factory=list)
    card = Card("recalling", ("segmentation",), "It recalls.", "In tests.", "Nobody.")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        return (Plan("recalling", "segmentation"),)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        if len(self.learnt) == self.last:
            raise KeyboardInterrupt
        self.learnt.append(ctx.seed)
        seen = [name for case in (*cases.training, *cases.validation) for name in case.bonds]
        return State(facts={"seen": seen})

    def open(self, plan: Plan, state: State, setting: Setting) -> Recalled:
        return Recalled(plan, state)


PLAN = Plan("recalling", "segmentation")


def patients(counts: Sequence[int]) -> tuple[Case, ...]:
    """So many cases of each patient, in turn."""
    cases = [Case(f"p{n}_{k}", {}, patient=f"p{n}") for n, count in enumerate(counts) for k in range(count)]
    return tuple(sorted(cases, key=lambda case: case.id[::-1]))


def test_out_of_fold_nobody_answers_of_a_patient_it_has_seen(tmp_path: Path) -> None:
    """Not even where the same patient is among the validation cases by mistake."""
    training = patients([1, 4, 2, 1, 3])
    cases = Cases(training, (Case("elsewhere", {}, patient="v"), replace(training[0], id="slipped in")))
    states, findings = out_of_fold(Recalling(), PLAN, cases, 3, FolderContext.at(tmp_path))
    assert len(states) == 3
    assert list(findings) != []
    assert set(findings) == {case.id for case in training}
    assert all(finding.main.vector == [0.0] for finding in findings.values())  # type: ignore[union-attr]
    assert all("v" in state.facts["seen"] for state in states)
    assert all(sum(f"p{n}" in state.facts["seen"] for state in states) >= 2 for n in range(5)), "all others learn of it"


def test_out_of_fold_goes_on_where_it_was(tmp_path: Path) -> None:
    cases = Cases(patients([1, 2, 1, 1]))
    first = Recalling(last=2)
    with pytest.raises(KeyboardInterrupt):
        out_of_fold(first, PLAN, cases, 4, FolderContext.at(tmp_path, seed=5))
    second, whole = Recalling(), Recalling()
    resumed = out_of_fold(second, PLAN, cases, 4, FolderContext.at(tmp_path, seed=5))
    uninterrupted = out_of_fold(whole, PLAN, cases, 4, FolderContext.at(tmp_path / "whole", seed=5))
    assert (len(first.learnt), len(second.learnt)) == (2, 2)
    assert first.learnt + second.learnt == whole.learnt
    assert equal(resumed, uninterrupted)


def test_out_of_fold_shares_the_time(tmp_path: Path) -> None:
    """Three folds in thirty ticks: ten steps each of a thousand."""
    ctx = FolderContext.at(tmp_path, clock=StepClock(limit=30))
    cases = cases_of((1.0, 2.0), (2.0, 3.0), (0.5, 1.0))
    folds = fit_folds(Line(), plan_of(1000), cases, 3, ctx)
    assert [int(fold.part.state.arrays["seen"][0]) for fold in folds] == [10, 10, 10]


@pytest.mark.parametrize("folds", [0, 1, 4])
def test_out_of_fold_refuses_what_can_not_be_divided(folds: int, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=f"3 patients.*{folds} folds"):
        out_of_fold(Recalling(), PLAN, Cases(patients([2, 2, 2])), folds, FolderContext.at(tmp_path))


@given(st.lists(st.integers(1, 4), min_size=2, max_size=12), st.integers(0, 100), st.data())
def test_folds_never_divide_a_patient(counts: list[int], seed: int, data: st.DataObject) -> None:
    cases, count = patients(counts), data.draw(st.integers(2, len(counts)))
    folds = folds_by_patient(cases, count, seed=seed)
    of_patient = [{case.patient for case in fold} for fold in folds]
    assert sorted(case.id for fold in folds for case in fold) == sorted(case.id for case in cases)
    assert sum(len(some) for some in of_patient) == len(counts)
    assert max(map(len, of_patient)) - min(map(len, of_patient)) <= 1
    shuffled = data.draw(st.permutations(cases))
    again = folds_by_patient(shuffled, count, seed=seed)
    assert [{case.id for case in fold} for fold in again] == [{case.id for case in fold} for fold in folds]


def pair(a: str, b: str) -> Case:
    return Case(f"{a}__{b}", {}, patient=f"{a}+{b}", several=(a, b))


def test_out_of_fold_nobody_answers_of_a_pair_with_a_patient_it_has_seen(tmp_path: Path) -> None:
    training = (pair("a", "b"), pair("c", "d"), pair("b", "e"), pair("f", "g"), pair("d", "h"))
    cases = Cases(training, (pair("v", "w"), pair("x", "e")))
    states, findings = out_of_fold(Recalling(), PLAN, cases, 3, FolderContext.at(tmp_path))
    assert set(findings) == {case.id for case in training}
    assert all(finding.main.vector == [0.0] for finding in findings.values())  # type: ignore[union-attr]
    assert all("v" in state.facts["seen"] for state in states)
    star = Cases(tuple(pair("a", name) for name in "bcdef"))
    with pytest.raises(Refused, match=r"1 group of patients.*2 folds"):
        out_of_fold(Recalling(), PLAN, star, 2, FolderContext.at(tmp_path / "star"))


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=2, max_size=20, unique=True), st.data())
def test_folds_never_divide_the_patients_of_pairs(edges: list[tuple[int, int]], data: st.DataObject) -> None:
    cases = [pair(f"n{a}", f"m{b}") for a, b in edges]
    count = data.draw(st.integers(2, 4))
    try:
        folds = folds_by_patient(cases, count, seed=data.draw(st.integers(0, 100)))
    except Refused:
        assume(False)
    of_patient = [{name for case in fold for name in case.several} for fold in folds]
    assert sum(map(len, of_patient)) == len(set.union(*of_patient))
    assert sorted(case.id for fold in folds for case in fold) == sorted(case.id for case in cases)
