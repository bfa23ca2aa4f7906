"""Several models of one task that answer together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hounsfield.inference.trained import TrainedMethod
from hounsfield.registry.tables import METHODS, TASKS
from hounsfield.seam import Card, Cases, Method, RunContext, Trained
from hounsfield.tasks.dense import joint
from hounsfield.training.parts import learnt
from hounsfield.values import Budget, Case, Dense, Facts, Findings, Limits, Part, Plan, Setting, State, refuse


class EnsembleMethod:
    """Members with plans of their own, alike or not, joined as their task says (seam: `combine`).

    The plan has a part for each member, which names its method. Members that the state to start from has are taken
    as they are: so models that were trained apart are joined.
    """

    card: Card

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """Left to who makes the ensemble: it is a list of plans, and no rule makes one of facts."""
        raise refuse(self.card.name, "is made of plans that you give", "Give a plan with a part for each member.")

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Fit the members one after another, each with a seed, checkpoints and an even share of the time of its own."""
        kept = {name: part for name, part in (start.parts if start else {}).items() if name in plan.parts}
        self._check(plan, kept)
        parts = dict[str, Part]()
        left = len(plan.parts) - len(kept)
        for name, own in plan.parts.items():
            if name in kept:
                parts[name] = kept[name]
            else:
                parts[name] = learnt(_method(own), own, cases, ctx.part(name, share=1 / left))
                left -= 1
        return State(parts=parts)

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """All members, opened."""
        if not state.parts:
            raise refuse(self.card.name, "has no members", "Train it by a plan with parts.")
        opened = [_method(part.plan).open(part.plan, part.state, setting) for part in state.parts.values()]
        return TrainedEnsemble(plan, tuple(opened))

    def _check(self, plan: Plan, kept: Mapping[str, Part]) -> None:
        """Raises Refused, before anything is learnt, where the plan's parts can not be members."""
        if not plan.parts:
            raise refuse("plan", "names no members", "Give a plan with a part for each.")
        for name, own in plan.parts.items():
            if not name.isascii() or not name.replace("_", "").isalnum():  # it names folders
                raise refuse("plan", f"has the part {name!r}", "Name members by letters, digits and underscores.")
            member = kept[name].plan if name in kept else own
            if member.task != plan.task:
                raise refuse("plan", f"is for {plan.task}, and its part {name} for {member.task}", "Join one task.")
            _method(member).card.check(member)


@dataclass
class TrainedEnsemble(TrainedMethod):
    """Members side by side."""

    plan: Plan
    members: tuple[Trained, ...]

    def evidence(self, case: Case, limits: Limits) -> Dense | Findings:
        """Of dense members the mean of their probabilities; of others what the task makes of them together."""
        evidences = self._evidences(case, limits)
        dense = [evidence for evidence in evidences if isinstance(evidence, Dense)]
        return joint(dense) if len(dense) == len(evidences) else self._combined(evidences)

    def answer(self, case: Case, limits: Limits) -> Findings:
        """What the task makes of the members' evidence together."""
        return self._combined(self._evidences(case, limits))

    def _evidences(self, case: Case, limits: Limits) -> list[Dense | Findings]:
        return [member.evidence(case, limits) for member in self.members]

    def _combined(self, evidences: Sequence[Dense | Findings]) -> Findings:
        findings: Findings = TASKS.load(self.plan.task).combine(evidences)
        return findings


def _method(plan: Plan) -> Method:
    method: Method = METHODS.load(plan.method)
    return method
