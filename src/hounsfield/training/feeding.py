"""The answer of one stage as an input of the next."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache, cached_property
from hashlib import sha256
from typing import Any

import numpy as np

from hounsfield.registry.tables import TASKS
from hounsfield.seam import Trained
from hounsfield.values import Case, Facts, Findings, Lazy, Limits, Part, refuse


def answer_kind(task: str) -> type:
    """The type of a task's answers."""
    kind: type = TASKS.load(task).answer
    return kind


@dataclass(frozen=True)
class OpenStage:
    """A stage's model that is asked for its answer to a case when that is read. role: of the answer, as an input."""

    role: str
    part: Part
    trained: Trained

    @cached_property
    def digest(self) -> str:
        """Identity of the model; hexadecimal."""
        return model_digest(self.part)

    def on(self, case: Case, *, keep: bool = False) -> Case:
        """The case with the answer as an input. keep: hold it in memory, for a case that is read again and again."""

        def load() -> Any:
            return self.trained.answer(case, Limits()).main

        def digest() -> str:  # the answer follows from the model and from what it sees, and need not be there yet
            return sha256(f"{self.digest} of {case.digest_of_inputs()}".encode()).hexdigest()

        kind = answer_kind(self.part.plan.task)
        return _with(case, self.role, Lazy(kind, f"{self.role} of {case.id}", cache(load) if keep else load, digest))


def with_findings(case: Case, role: str, findings: Findings) -> Case:
    """The case with what a model said of it as an input."""
    answer = findings.main
    return _with(case, role, Lazy(type(answer), f"{role} of {case.id}", lambda: answer, lambda: digest_of(answer)))


def with_truth(case: Case, role: str, kind: type) -> Case:
    """The case with its truth of this kind as an input. Raises Refused where it has none."""
    for truth in case.truths.values():
        if issubclass(truth.answer.kind, kind):
            return _with(case, role, truth.answer)
    raise refuse(case.id, f"has no truth to feed as {role}", "Leave it out, or let the stage feed out of fold.")


def facts_with(facts: Facts, role: str, kind: type) -> Facts:
    """The facts of these cases with an answer of this kind as an input, told by what their truths of the kind are."""
    truths = [word.rpartition("=")[0] for word in facts.words.get("kinds", ()) if word.endswith(f"={kind.__name__}")]
    said = [word.rpartition("=") for word in facts.words.get("channels", ())]
    channels = {f"{role}={number}" for name, _, number in said if name in truths and name.startswith("truth:")}
    words = {"kinds": (f"{role}={kind.__name__}",), "roles": (role,), "channels": tuple(sorted(channels))}
    return facts.merge(Facts(words=words))


def model_digest(part: Part) -> str:
    """Identity of a model: its plan and its state; hexadecimal."""
    return digest_of((part.plan, part.state.arrays, part.state.facts, *map(model_digest, part.state.parts.values())))


def digest_of(value: Any) -> str:
    """Identity of a value's content: arrays by shape, type and numbers; hexadecimal."""
    told = sha256()
    for piece in _pieces(value):
        told.update(piece)
    return told.hexdigest()


def _pieces(value: Any) -> Iterator[bytes]:
    if isinstance(value, np.ndarray):
        yield f"array {value.dtype} {value.shape} ".encode()
        yield np.ascontiguousarray(value).tobytes()
    elif is_dataclass(value):
        yield f"{type(value).__name__}(".encode()
        for field in fields(value):
            yield f"{field.name}=".encode()
            yield from _pieces(getattr(value, field.name))
    elif isinstance(value, Mapping):
        for key in sorted(value, key=str):
            yield f"{key!r}:".encode()
            yield from _pieces(value[key])
    elif isinstance(value, (list, tuple)):
        yield f"{len(value)} items ".encode()
        for item in value:
            yield from _pieces(item)
    elif isinstance(value, (set, frozenset)):
        yield repr(sorted(value)).encode()
    else:
        yield f"{value!r},".encode()


def _with(case: Case, role: str, value: Lazy[Any]) -> Case:
    return replace(case, inputs={**case.inputs, role: value})
