"""The two protocols that both halves of the house agree on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from hounsfield.seam.card import Card
    from hounsfield.seam.run import RunContext
    from hounsfield.values import Budget, Case, Dense, Facts, Findings, Limits, Plan, Setting, State


@dataclass(frozen=True)
class Cases:
    """What a method may learn from: training cases, and validation cases to choose by."""

    training: tuple[Case, ...]
    validation: tuple[Case, ...] = ()

    def having(self, kind: type) -> Cases:
        """The cases with a truth of this kind."""
        return Cases(
            tuple(case for case in self.training if case.has_truth(kind)),
            tuple(case for case in self.validation if case.has_truth(kind)),
        )


class Trained(Protocol):
    """A method with what it has learnt, ready to answer."""

    def evidence(self, case: Case, limits: Limits) -> Dense | Findings:
        """Slabs of probabilities for dense methods; findings with raw scores for the rest."""

    def answer(self, case: Case, limits: Limits) -> Findings:
        """What the task makes of the evidence."""


class Method(Protocol):
    """One way of doing a task. Listing never imports it: its card is data."""

    @property
    def card(self) -> Card:
        """What the method is."""

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """Plans that would do, the default first. Pure. Wishes are values of the card's options, and are obeyed."""

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Learn. Goes on from the context's checkpoint where there is one; raises Stopped when asked to stop."""

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """The method with this state, in memory, ready to answer."""
