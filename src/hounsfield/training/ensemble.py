"""Several models of one task that answer together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hounsfield.inference.trained import TrainedMethod
from hounsfield.registry.tables import METHODS, TASKS
from hounsfield.seam import Card, Cases, Method, RunContext, Trained
from hounsfield.values import Budget, Case, Dense, Facts, Findings, Limits, Part, Plan, Setting, State, refuse


class EnsembleMethod:
    """Members with plans of their own, alike or not, joined as their task says (seam: `combine`).

    The plan has a part for each member, which names its method.
    """

    card: Card

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """Left to who makes the ensemble: it is a list of plans, and no rule makes one of facts."""
        raise refuse(self.card.name, "is made of plans that you give", "Give a plan with parts by --plan.")

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Fit the members one after another, each with a seed and checkpoints of its own."""
        kept = start.parts if start is not None else {}
        parts = {name: kept.get(name) or self._member(name, own, cases, ctx) for name, own in plan.parts.items()}
        return State(parts=parts)

    @staticmethod
    def _member(name: str, plan: Plan, cases: Cases, ctx: RunContext) -> Part:
        method: Method = METHODS.load(plan.method)
        return Part(plan, method.fit(plan, cases, ctx.part(name)))

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """All members, opened."""
        opened = [METHODS.load(part.plan.method).open(part.plan, part.state, setting) for part in state.parts.values()]
        return TrainedEnsemble(plan, tuple(opened))


@dataclass
class TrainedEnsemble(TrainedMethod):
    """Members side by side."""

    plan: Plan
    members: tuple[Trained, ...]

    def evidence(self, case: Case, limits: Limits) -> Dense | Findings:
        """The joint findings: an ensemble's evidence is already combined."""
        return self.answer(case, limits)

    def answer(self, case: Case, limits: Limits) -> Findings:
        """What the task makes of the members' evidence together."""
        findings: Findings = TASKS.load(self.plan.task).combine([m.evidence(case, limits) for m in self.members])
        return findings
