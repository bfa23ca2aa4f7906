"""Boosted trees for tables: the default where there are covariates alone, a baseline where there are series."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hounsfield.inference.classes import diagnosis_from_scores, truth_row
from hounsfield.inference.trained import TrainedMethod
from hounsfield.methods.boosting.columns import SUMMARIES, codes_of, row_of, says_nothing
from hounsfield.methods.boosting.trees import fit_exclusive, fit_multi, scores
from hounsfield.planning.classes import classes_rule
from hounsfield.seam import Cases, RunContext, Trained, read_card
from hounsfield.values import Budget, Case, Decision, Facts, Findings, Limits, Plan, Setting, State, refuse

SIZES = ("trees", "depth", "learning_rate", "smallest_leaf", "l2")
NOTHING_KNOWN = "nothing that the model looks at is known of this case: the answer is that of the training cases"


class Boosting:
    """Trees fitted in one go; what is learnt are their nodes as arrays, and the codes of words."""

    card = read_card("boosting")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """One plan: all covariates, all channels of all series, small trees."""
        series = [word.removesuffix("=Series") for word in facts.words.get("kinds", ()) if word.endswith("=Series")]
        channels = [f"{role}:{channel}" for role in series for channel in facts.words.get(f"{role}:channels", ())]
        columns = list(facts.words.get("covariates", ()))
        if not columns and not channels:
            raise refuse("the training cases", "have neither covariates nor series", "Ask for another method.")
        decisions = [
            *classes_rule(facts),
            Decision("columns", columns, "the covariates of the training cases"),
            Decision("series", series, "the series of the training cases"),
            Decision("channels", channels, "the channels of these series"),
            Decision("summaries", SUMMARIES, "what a ward's chart shows at a glance"),
            Decision("trees", 200, "many small steps"),
            Decision("depth", 3, "questions that hang together by two or three"),
            Decision("learning_rate", 0.05, "small steps forget less of what the next trees could add"),
            Decision("smallest_leaf", max(1, min(20, facts.cases // 20)), "20 cases, a twentieth of few cases"),
            Decision("l2", 1.0, "leaves of few cases say little"),
        ]
        plan = Plan("boosting", "diagnosis")
        for each in decisions:
            value, why = (wishes[each.what], "wished") if each.what in wishes else (each.value, each.why)
            plan = plan.decide(each.what, value, why)
        return (plan,)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Fit all trees to the training cases. What another model has learnt can not be gone on from."""
        if start is not None:
            raise refuse("--start-from", "is nothing that trees can go on from", "Train without it.")
        codes = codes_of(cases.training, plan["columns"])
        rows = []
        for number, case in enumerate(cases.training):
            ctx.track.stage("preparing", number, len(cases.training))
            rows.append(row_of(plan, codes, case))
        ctx.track.stage("preparing", len(cases.training), len(cases.training))
        truths = np.stack([truth_row(case, plan["classes"]) for case in cases.training])
        fit = fit_multi if plan["kind"] == "multi" else fit_exclusive
        return State(fit(np.stack(rows), truths, **{name: plan[name] for name in SIZES}), {"codes": codes})

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """The trees, ready to answer."""
        return BoostedTrees(plan, state)


@dataclass
class BoostedTrees(TrainedMethod):
    """Trees that answer."""

    plan: Plan
    state: State

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """The probability of each class; a word that was never seen counts as missing."""
        row = row_of(self.plan, self.state.facts["codes"], case)
        diagnosis = diagnosis_from_scores(self.plan, scores(self.state.arrays, row[None])[0])
        return Findings(diagnosis, alarms=(NOTHING_KNOWN,) if says_nothing(self.plan, row) else ())


METHOD = Boosting()
