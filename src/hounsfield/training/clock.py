"""Clocks: wall time for people, counted steps for tests."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from hounsfield.seam import Clock, Stopped


@dataclass
class WallClock:
    """Wall time. seconds: the limit, None for no limit.  before: seconds that earlier, interrupted runs used."""

    seconds: float | None = None
    before: float = 0.0
    stop_asked: bool = False
    _started: float = field(default_factory=time.monotonic)

    def spent(self) -> float:
        """Seconds used so far."""
        return self.before + time.monotonic() - self._started

    def left(self) -> float:
        """Seconds that remain."""
        return math.inf if self.seconds is None else self.seconds - self.spent()

    def stop(self) -> None:
        """Ask the run to stop at its next tick."""
        self.stop_asked = True

    def tick(self) -> None:
        """One step is done."""
        if self.stop_asked:
            raise Stopped("the run was interrupted")


@dataclass
class StepClock:
    """A clock whose seconds are steps. limit: steps in all.  stop_at: the tick at which somebody asks to stop."""

    limit: float = math.inf
    stop_at: float = math.inf
    ticks: int = 0

    def spent(self) -> float:
        """Steps used so far."""
        return float(self.ticks)

    def left(self) -> float:
        """Steps that remain."""
        return self.limit - self.ticks

    def tick(self) -> None:
        """One step is done."""
        self.ticks += 1
        if self.ticks >= self.stop_at:
            raise Stopped(f"the run was stopped at step {self.ticks}")


@dataclass(frozen=True)
class ShareOfClock:
    """A part of what another clock has left. until: what that clock will have spent when the part is used up."""

    clock: Clock
    until: float

    @staticmethod
    def of(clock: Clock, share: float) -> ShareOfClock:
        """So much of what is left now, 0..1."""
        return ShareOfClock(clock, clock.spent() + share * clock.left())

    def spent(self) -> float:
        """Seconds used so far, by everybody."""
        return self.clock.spent()

    def left(self) -> float:
        """Seconds that remain of the part."""
        return min(self.clock.left(), self.until - self.clock.spent())

    def tick(self) -> None:
        """One step is done."""
        self.clock.tick()
