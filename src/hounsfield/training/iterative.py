"""The base of every method that repeats: SOM, RBM, boosting, Q-learning, EM, and everything that descends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from hounsfield.seam import Card, Cases, Fabric, RunContext, Trained
from hounsfield.training.loop import repeat
from hounsfield.training.repeating import Arrays
from hounsfield.training.rounds import Advance, advance
from hounsfield.values import Budget, Case, Facts, Plan, Setting, State


class IterativeMethod(ABC):
    """A method that learns by steps. It says what one step is; the house repeats, saves, resumes and keeps time.

    `Live` is what a method works on between steps: the State itself, unless `thaw` and `freeze` say otherwise.
    """

    card: Card
    prepared_by: tuple[str, ...] = ()
    """The decisions that `prepare` reads: prepared cases are kept as long as these stay the same."""

    @abstractmethod
    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """Plans that would do, the default first; every plan decides "steps"."""

    @abstractmethod
    def open(self, plan: Plan, state: State, setting: Setting) -> Trained:
        """The method with this state, ready to answer."""

    @abstractmethod
    def prepare(self, plan: Plan, case: Case) -> Arrays:
        """A case as arrays, ready for batches; kept on disk. The plan holds only the decisions of `prepared_by`."""

    @abstractmethod
    def begin(self, plan: Plan, cases: Cases, seed: int) -> State:
        """The state before the first step."""

    @abstractmethod
    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> Any:
        """What step `step` looks at: a pure function of its arguments."""

    @abstractmethod
    def step(self, plan: Plan, live: Any, batch: Any, rng: np.random.Generator) -> tuple[Any, dict[str, float]]:
        """One step: what is live afterwards, and numbers to write down ("loss" first)."""

    def refresh(
        self, plan: Plan, live: Any, prepared: Sequence[Arrays], memory: Arrays, rng: np.random.Generator
    ) -> Arrays:
        """New memory, before every step that is a multiple of the plan's "refresh_every" (replay, hard negatives)."""
        return memory

    def thaw(self, plan: Plan, state: State, fabric: Fabric) -> Any:
        """What steps work on, made from a state."""
        return state

    def freeze(self, live: Any) -> State:
        """Everything needed to go on, as a state; `thaw` makes the same of it again, to the bit."""
        if not isinstance(live, State):
            raise TypeError(f"{type(self).__name__} works on {type(live).__name__} and has to say how to freeze it")
        return live

    def finish(self, plan: Plan, state: State) -> State:
        """What is packaged, of the state after the last step."""
        return state

    def shared(self, name: str) -> bool:
        """Whether an array goes to the other sites in federated rounds."""
        return True

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Learn, or go on learning, until the plan's steps or the time are used up."""
        return repeat(self, plan, cases, ctx, start)

    def advance(
        self, plan: Plan, state: State, cases: Cases, *, round: int, steps: int, ctx: RunContext, memory: Arrays
    ) -> Advance:
        """A few steps on one site's cases, for federated rounds."""
        return advance(self, plan, state, cases, round=round, steps=steps, ctx=ctx, memory=memory)
