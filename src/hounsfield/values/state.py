"""What a method has learnt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.values.equality import ArrayValue
from hounsfield.values.plan import Plan


@dataclass(frozen=True)
class Source:
    """The package that a part was opened from: its folder and its digest."""

    folder: str
    digest: str


@dataclass(frozen=True, eq=False)
class Part(ArrayValue):
    """A stage or a member: which plan it was made by, its state, and the package it was opened from, if it was."""

    plan: Plan
    state: State
    source: Source | None = None


@dataclass(frozen=True, eq=False)
class State(ArrayValue):
    """Arrays by name, facts (named JSON, such as vocabularies), and the states of stages and members by name."""

    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)
    parts: Mapping[str, Part] = field(default_factory=dict)

    @property
    def nbytes(self) -> int:
        """Bytes of all arrays, those of the parts included."""
        own = sum(int(np.asarray(array).nbytes) for array in self.arrays.values())
        return own + sum(part.state.nbytes for part in self.parts.values())

    def __repr__(self) -> str:
        return f"State({len(self.arrays)} arrays, {self.nbytes / 1e6:.2f} MB, parts: {', '.join(self.parts) or 'none'})"
