"""Trained methods: evidence, and the answer that the task makes of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray

from hounsfield.registry.tables import TASKS
from hounsfield.values import Case, Dense, Findings, Limits, Plan

Forward = Callable[[Mapping[str, NDArray[Any]]], dict[str, NDArray[Any]]]


class TrainedMethod(ABC):
    """The base of trained methods: they give evidence, the task makes the answer."""

    plan: Plan

    @abstractmethod
    def evidence(self, case: Case, limits: Limits) -> Dense | Findings:
        """Slabs of probabilities for dense methods; findings with raw scores for the rest."""

    def answer(self, case: Case, limits: Limits) -> Findings:
        """What the task makes of the evidence."""
        findings: Findings = TASKS.load(self.plan.task).combine([self.evidence(case, limits)])
        return findings


class GivesEvidence(Protocol):
    """A method that turns a network's outputs into evidence."""

    def evidence(self, plan: Plan, forward: Forward, case: Case, limits: Limits) -> Dense | Findings:
        """What the network says of a case."""


@dataclass
class TrainedNetwork(TrainedMethod):
    """A method with its network behind an engine."""

    method: GivesEvidence
    plan: Plan
    forward: Forward

    def evidence(self, case: Case, limits: Limits) -> Dense | Findings:
        """What the network says of a case."""
        return self.method.evidence(self.plan, self.forward, case, limits)
