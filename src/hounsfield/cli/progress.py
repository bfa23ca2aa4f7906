"""A live line on the terminal: what is going on, how far, how long still."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Line:
    """Keeps a line of standard error up to date with a verb's events; where it is no terminal, a line at times."""

    started: float = field(default_factory=time.monotonic)
    shown: float = 0.0
    loss: float | None = None
    validation: float | None = None
    first: tuple[str, int, float] | None = None

    def __call__(self, event: dict[str, Any]) -> None:
        """Take an event and show it, a few times a second at most."""
        self._take(event)
        now = time.monotonic()
        done, total = event.get("done", event.get("step", 0)), event.get("total", 0)
        is_last = total and done >= total
        every = 0.2 if sys.stderr.isatty() else 15.0
        if now - self.shown < every and not (is_last and sys.stderr.isatty()):
            return
        if now - self.started < 2 and not sys.stderr.isatty():
            return
        self.shown = now
        self._print(self._sentence(event, done, total), ends=bool(is_last))

    def _take(self, event: dict[str, Any]) -> None:
        what = event.get("stage", "training")
        done = event.get("done", event.get("step", 0))
        if self.first is None or self.first[0] != what or done < self.first[1]:
            self.first = (what, done, time.monotonic())
        if "loss" in event:
            self.loss = event["loss"] if self.loss is None else 0.9 * self.loss + 0.1 * event["loss"]
        self.validation = event.get("validation", self.validation)

    def _sentence(self, event: dict[str, Any], done: int, total: int) -> str:
        parts = [f"{event.get('part') or ''} {event.get('stage', 'training')}".strip()]
        parts += [f"{done}/{total}"] if total else []
        parts += [f"{left} left"] if (left := self._left(done, total)) else []
        parts += [f"loss {self.loss:.3f}"] if self.loss is not None and "stage" not in event else []
        parts += [f"validation {self.validation:.3f}"] if self.validation is not None and "stage" not in event else []
        return "  ".join(parts)

    def _left(self, done: int, total: int) -> str:
        _, first_done, first_time = self.first or ("", 0, 0.0)
        if not total or done <= first_done:
            return ""
        seconds = (total - done) * (time.monotonic() - first_time) / (done - first_done)
        return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s"

    @staticmethod
    def _print(sentence: str, *, ends: bool) -> None:
        if sys.stderr.isatty():
            sys.stderr.write(f"\r\x1b[2K{sentence[:118]}" + ("\n" if ends else ""))
        else:
            sys.stderr.write(sentence + "\n")
        sys.stderr.flush()
