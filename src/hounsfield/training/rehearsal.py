"""A few real steps, to know beforehand what a plan takes."""

from __future__ import annotations

import math
import shutil
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from hounsfield.seam import Cases, Fabric, Method, Stopped
from hounsfield.training.context import FolderContext
from hounsfield.training.iterative import IterativeMethod
from hounsfield.training.memory import peak_bytes
from hounsfield.training.track import FileTrack
from hounsfield.training.validation import LOOKED_AT
from hounsfield.values import Limits, Plan, Rehearsal, Setting, State

FEW = 4  # cases that a rehearsal prepares


@dataclass
class RehearsalClock:
    """A clock that stops after so many steps and remembers when each of them ended."""

    steps: int
    started: float = field(default_factory=time.monotonic)
    ends: list[float] = field(default_factory=list)

    def spent(self) -> float:
        """Nothing: a rehearsal writes no checkpoints and looks at no validation cases."""
        return 0.0

    def left(self) -> float:
        """Without limit."""
        return math.inf

    def tick(self) -> None:
        """One step is done."""
        self.ends.append(time.monotonic())
        if len(self.ends) >= self.steps:
            raise Stopped("the rehearsal is over")

    @property
    def seconds_per_step(self) -> float:
        """The middle one of the steps after the first, which warms up."""
        gaps = sorted(b - a for a, b in zip(self.ends, self.ends[1:], strict=False))
        return gaps[len(gaps) // 2] if gaps else 0.0


@dataclass(frozen=True)
class SilentTrack(FileTrack):
    """Writes nothing; remembers nothing."""

    def scalar(self, step: int, total: int, values: Mapping[str, float]) -> None:
        """Not kept."""


def rehearse(method: Method, plan: Plan, cases: Cases, fabric: Fabric, *, seed: int = 0, steps: int = 4) -> Rehearsal:
    """Fit on a few cases for a few steps and measure: seconds a step and to prepare, bytes in memory and on disk.

    A method that does not repeat is fitted on the few cases as a whole, and its time scaled to all of them.
    """
    few = Cases(cases.training[:FEW], cases.validation[:1])
    folder = Path(tempfile.mkdtemp(prefix="hounsfield-rehearsal-"))
    clock = RehearsalClock(steps)
    try:
        ctx = FolderContext.at(folder, seed=seed, clock=clock, fabric=fabric)
        ctx = replace(ctx, track=SilentTrack(folder / "log.jsonl"))
        state = None
        with suppress(Stopped):
            state = method.fit(plan, few, ctx)
        validating = _seconds_to_validate(method, plan, state or _reached(method, plan, ctx), cases)
        scale = len(cases.training) / max(1, len(few.training))
        prepared = scale * (
            (clock.ends[0] if clock.ends else time.monotonic()) - clock.started - clock.seconds_per_step
        )
        disk = sum(file.stat().st_size for file in (folder / "prepared").rglob("*") if file.is_file()) * scale
        checkpoint = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
        bytes_on_disk = int(disk + 3 * checkpoint)
        return Rehearsal(clock.seconds_per_step, max(0.0, prepared), validating, peak_bytes() or 0, bytes_on_disk)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _reached(method: Method, plan: Plan, ctx: FolderContext) -> State | None:
    """The state that a stopped rehearsal of a method that repeats has reached."""
    last = ctx.checkpoints.read("last")
    return method.finish(plan, last.state) if last is not None and isinstance(method, IterativeMethod) else None


def _seconds_to_validate(method: Method, plan: Plan, state: State | None, cases: Cases) -> float:
    if state is None or not cases.validation:
        return 0.0
    began = time.monotonic()
    trained = method.open(plan, state, Setting())
    opened = time.monotonic()
    trained.answer(cases.validation[0], Limits())
    return opened - began + (time.monotonic() - opened) * min(LOOKED_AT, len(cases.validation))
