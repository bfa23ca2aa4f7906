"""What the house lends to a method while it learns; a method asks for nothing else and for nothing global."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hounsfield.values import Decision, State


class Stopped(Exception):  # noqa: N818 - somebody asked for it
    """The run was asked to stop; what was reached is saved and goes on from there."""


class Clock(Protocol):
    """Time as the run sees it: wall time, or steps in tests."""

    def spent(self) -> float:
        """Seconds (or steps) used so far, those of earlier, interrupted runs included."""

    def left(self) -> float:
        """Seconds (or steps) that remain; infinite where there is no limit."""

    def tick(self) -> None:
        """One step is done. Raises Stopped when the run was asked to stop."""


@dataclass(frozen=True)
class Checkpoint:
    """Everything that a run needs to go on: steps done, state, memory, the score it reached, seconds spent so far."""

    step: int
    state: State
    memory: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    score: float | None = None
    spent: float = 0.0


class Checkpoints(Protocol):
    """Where checkpoints are kept; a write replaces the earlier one as a whole or not at all."""

    def write(self, name: str, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint under a name: "last" or "best"."""

    def read(self, name: str) -> Checkpoint | None:
        """The checkpoint of this name, None where there is none."""


class Cache(Protocol):
    """Prepared cases, kept as long as what they depend on stays the same."""

    def get(self, key: str, make: Callable[[], Mapping[str, NDArray[Any]]]) -> Mapping[str, NDArray[Any]]:
        """The arrays of this key, made now where they are not there yet."""


class Track(Protocol):
    """What is written down while a run goes on, and shown to whoever watches."""

    def scalar(self, step: int, total: int, values: Mapping[str, float]) -> None:
        """Numbers of one step (loss, validation score ...)."""

    def decision(self, step: int, decision: Decision) -> None:
        """A decision that depends on time: on disk before it takes effect."""

    def decisions(self) -> list[tuple[int, Decision]]:
        """What an earlier, interrupted run decided, to be decided alike."""

    def stage(self, what: str, done: int, total: int) -> None:
        """How far a preparation is."""


class Fabric(Protocol):
    """The few calls of Lightning Fabric that the loop needs; plain torch stands behind them on one device."""

    @property
    def device(self) -> Any:
        """The torch device."""

    @property
    def global_rank(self) -> int:
        """Which of several processes this is."""

    @property
    def world_size(self) -> int:
        """How many processes there are."""

    @property
    def is_global_zero(self) -> bool:
        """Whether this process writes."""

    def setup(self, module: Any, *optimizers: Any) -> Any:
        """The module and optimizers, on the device."""

    def backward(self, loss: Any) -> None:
        """Gradients of the loss."""

    def all_reduce(self, tensor: Any, reduce_op: str = "mean") -> Any:
        """The tensor reduced over all processes."""

    def autocast(self) -> AbstractContextManager[Any]:
        """Mixed precision for what runs inside."""


class RunContext(Protocol):
    """Lent to `fit`."""

    @property
    def seed(self) -> int:
        """Everything random is drawn from it."""

    @property
    def fabric(self) -> Fabric:
        """Devices and precision."""

    @property
    def clock(self) -> Clock:
        """Time."""

    @property
    def checkpoints(self) -> Checkpoints:
        """Where the run can go on from."""

    @property
    def cache(self) -> Cache:
        """Prepared cases."""

    @property
    def track(self) -> Track:
        """What is written down."""

    def part(self, name: str, *, share: float = 1.0) -> RunContext:
        """The context of a stage or member: the same cache, checkpoints and a seed of its own.

        share: of the time that is left when a run first asks, 0..1; resumed, it has what it had then.
        """
