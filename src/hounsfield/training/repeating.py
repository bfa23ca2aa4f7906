"""What the loop asks of a method that repeats; `IterativeMethod` is the base that gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hounsfield.seam import Card, Cases, Fabric, Trained
from hounsfield.values import Case, Plan, Setting, State

Arrays = Mapping[str, NDArray[Any]]


class Repeats(Protocol):
    """The parts of a method that learns by steps; see `IterativeMethod` for what each means."""

    card: Card
    prepared_by: tuple[str, ...]

    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """The method with this state, ready to answer."""

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        """A case as arrays, ready for batches."""

    def begin(self, plan: Plan, cases: Cases, seed: int) -> State:
        """The state before the first step."""

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> Any:
        """What a step looks at."""

    def step(self, plan: Plan, live: Any, batch: Any, rng: np.random.Generator) -> tuple[Any, dict[str, float]]:
        """One step."""

    def refresh(
        self, plan: Plan, live: Any, prepared: Sequence[Arrays], memory: Arrays, rng: np.random.Generator
    ) -> Arrays:
        """New memory."""

    def thaw(self, plan: Plan, state: State, fabric: Fabric) -> Any:
        """What steps work on."""

    def freeze(self, live: Any) -> State:
        """Everything needed to go on."""

    def finish(self, plan: Plan, state: State) -> State:
        """What is packaged."""

    def shared(self, name: str) -> bool:
        """Whether an array goes to the other sites."""
