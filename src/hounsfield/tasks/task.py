"""What a task is: one small table each."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

from hounsfield.evaluation.metric import Metric
from hounsfield.figures.picture import Picture
from hounsfield.values import Answer, ArrayValue, Case, Dataset, Decision, Dense, Facts, Findings

Combine: TypeAlias = Callable[[Sequence[object]], Findings]
Derive: TypeAlias = Callable[[Dataset, str], Dataset]


@dataclass(frozen=True)
class Task:
    """A task: what goes in, what comes out, how it is scored, and how its answers look on disk and on a page.

    kinds: the kinds of input it takes, in words.  answer: the type of the main answer.
    metrics: the first decides in validation.
    succeeded: item -> whether the findings are good enough to be relied on.
    combine: evidences of one case (of one model, or of an ensemble's members) -> findings.
    default: facts -> the method to take where none is asked for, with the reason.
    derive: ways to make this task's cases from other data: name -> (dataset, detail) -> dataset.
    truths: the kinds of truth that its answers are held against; the answer's own where none is named.
    roles: the inputs that every case of it has; any where none is named.
    write: findings -> files, their names beginning with the stem.  read: the first of them -> the answer.
    write_evidence: what a model says before anything is decided -> files, in the type of numbers that is named;
    none where nothing dense is said.
    figure: a picture of one case's findings beside its truth.
    """

    name: str
    kinds: frozenset[str]
    answer: type[ArrayValue] | type
    metrics: tuple[Metric, ...]
    succeeded: Callable[[Findings, Case], Mapping[str, bool]]
    combine: Combine
    default: Callable[[Facts], Decision]
    write: Callable[[Findings, Path, Case], Sequence[Path]]
    read: Callable[[Path], Answer]
    figure: Callable[[Findings, Case], Picture]
    derive: Mapping[str, Derive] = field(default_factory=dict)
    truths: tuple[type, ...] = ()
    roles: tuple[str, ...] = ()
    write_evidence: Callable[[Dense, Path, str], Sequence[Path]] | None = None

    def has_truth(self, case: Case) -> bool:
        """Whether a case is one of this task's and an answer can be held against its truths; nothing is read."""
        return self.has_roles(case) and any(case.has_truth(kind) for kind in self.truths or (self.answer,))

    def has_roles(self, case: Case) -> bool:
        """Whether a case has the inputs that the task is about."""
        return all(role in case.inputs for role in self.roles)
