"""What a run writes down: log.jsonl, and a word to whoever watches."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import append_line, read_lines
from hounsfield.values import Decision

Watcher = Callable[[dict[str, Any]], None]


def nobody(event: dict[str, Any]) -> None:
    """A watcher that looks away."""


@dataclass(frozen=True)
class FileTrack:
    """A line of JSON for every tenth step, every validation and every decision; `watch` sees every step."""

    path: Path
    part: str = ""
    watch: Watcher = nobody

    def scalar(self, step: int, total: int, values: Mapping[str, float]) -> None:
        """Numbers of one step."""
        event = {"part": self.part, "step": step, "total": total, **{k: float(v) for k, v in values.items()}}
        if step % 10 == 0 or "validation" in values:
            append_line(
                self.path, {k: None if isinstance(v, float) and not math.isfinite(v) else v for k, v in event.items()}
            )
        self.watch(event)

    def decision(self, step: int, decision: Decision) -> None:
        """A decision that depends on time, on disk before this returns."""
        append_line(self.path, {"part": self.part, "step": step, "decision": decision.to_json()})

    def decisions(self) -> list[tuple[int, Decision]]:
        """What was decided before, in order."""
        lines = [line for line in read_lines(self.path) if "decision" in line and line["part"] == self.part]
        return [(line["step"], Decision(**line["decision"])) for line in lines]

    def stage(self, what: str, done: int, total: int) -> None:
        """How far a preparation is; watched, not kept."""
        self.watch({"part": self.part, "stage": what, "done": done, "total": total})
