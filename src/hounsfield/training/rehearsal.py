"""A few real steps, to know beforehand what a plan takes."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace

from hounsfield.formats.files import scratch_folder
from hounsfield.seam import Cases, Fabric, Method, Stopped
from hounsfield.training.context import FolderContext
from hounsfield.training.iterative import IterativeMethod
from hounsfield.training.memory import peak_bytes
from hounsfield.training.track import FileTrack
from hounsfield.training.validation import looked_at
from hounsfield.values import Limits, Plan, Rehearsal, Setting, State, refuse

FEW = 4  # cases that a rehearsal prepares
HARMLESS = {"steps", "timed", "validate_every"}  # decisions that make no shape
UNFIT = (ValueError, TypeError, IndexError, ZeroDivisionError, RuntimeError, MemoryError)


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
    """Writes nothing; remembers when each case's preparation began."""

    began: list[float] = field(default_factory=list)

    def scalar(self, step: int, total: int, values: Mapping[str, float]) -> None:
        """Not kept."""

    def stage(self, what: str, done: int, total: int) -> None:
        """A case is about to be prepared, or all are."""
        self.began.append(time.monotonic())

    @property
    def seconds_per_case(self) -> float | None:
        """The middle one of the cases after the first, which opens what all share; None where none was prepared."""
        gaps = sorted(b - a for a, b in zip(self.began[1:], self.began[2:], strict=False))
        return gaps[len(gaps) // 2] if gaps else None


def rehearse(
    method: Method, plan: Plan, cases: Cases, fabric: Fabric, *, seed: int = 0, steps: int = 4, is_given: bool = False
) -> Rehearsal:
    """Fit on a few cases for a few steps and measure: seconds a step and to prepare, bytes in memory and on disk.

    A method that neither repeats nor prepares is fitted on the few cases as a whole, and its time scaled to all.
    is_given: a person wrote the plan. Raises Refused where wished or given decisions do not fit together.
    """
    few = Cases(cases.training[:FEW], cases.validation[:1])
    clock = RehearsalClock(steps)
    with scratch_folder("rehearsal") as folder:
        ctx = FolderContext.at(folder, seed=seed, clock=clock, fabric=fabric)
        track = SilentTrack(folder / "log.jsonl")
        ctx = replace(ctx, track=track)
        state = None
        try:
            with suppress(Stopped):
                state = method.fit(plan, few, ctx)
        except UNFIT as error:
            _refuse_unfit(plan, error, is_given=is_given)
            raise
        spent = (clock.ends[0] if clock.ends else time.monotonic()) - clock.started - clock.seconds_per_step
        prepared = _seconds_to_prepare(spent, track.seconds_per_case, len(cases.training), len(few.training))
        validating = _seconds_to_validate(
            method, plan, state or _reached(method, plan, ctx), cases, Setting(str(fabric.device))
        )
        scale = len(cases.training) / max(1, len(few.training))
        disk = sum(file.stat().st_size for file in (folder / "prepared").rglob("*") if file.is_file()) * scale
        checkpoint = sum(file.stat().st_size for file in folder.rglob("*.safetensors"))
        bytes_on_disk = int(disk + 3 * checkpoint)
        return Rehearsal(clock.seconds_per_step, max(0.0, prepared), validating, peak_bytes() or 0, bytes_on_disk)


def _refuse_unfit(plan: Plan, error: Exception, *, is_given: bool) -> None:
    """What fails in rehearsal after a person decided something is theirs to mend; else it is a fault of ours."""
    wishes = [decision for decision in plan.decisions if decision.why == "wished" and decision.what not in HARMLESS]
    wished = [f"{decision.what}={decision.value}" for decision in wishes]
    if is_given or wished:
        whose = f"with {', '.join(wished)} " if wished else ""
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise refuse(
            "plan", f"{whose}can not be followed ({reason})", "Wish for other values, or for fewer."
        ) from error


def _seconds_to_prepare(spent: float, a_case: float | None, cases: int, few: int) -> float:
    """What was spent before the first step, and as much again as the other cases take each."""
    return spent * cases / max(1, few) if a_case is None else spent + (cases - few) * a_case


def _reached(method: Method, plan: Plan, ctx: FolderContext) -> State | None:
    """The state that a stopped rehearsal of a method that repeats has reached."""
    last = ctx.checkpoints.read("last")
    return method.finish(plan, last.state) if last is not None and isinstance(method, IterativeMethod) else None


def _seconds_to_validate(method: Method, plan: Plan, state: State | None, cases: Cases, setting: Setting) -> float:
    if state is None or not cases.validation:
        return 0.0
    began = time.monotonic()
    trained = method.open(plan, state, setting)
    opened = time.monotonic()
    trained.answer(cases.validation[0], Limits())
    return opened - began + (time.monotonic() - opened) * len(looked_at(plan, cases.validation))
