"""A live line on the terminal: what is going on, how far, how long still."""

from __future__ import annotations

import os
import shutil
import sys
import time
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any

from hounsfield.values.printable import printable

LIVE_EVERY = 0.2  # seconds between two looks of the live line
FIRST_LINE = 2.0  # seconds before the first line where nobody watches
LINE_EVERY = 15.0  # and between two of them
CLEAR = "\r\x1b[2K"


@dataclass
class Line:
    """Keeps a line of standard error up to date with a verb's events; where it is no terminal, a line at times.

    A finished stage keeps its line. Used as a context, it clears an unfinished one, so that what follows stands alone.
    """

    started: float = field(default_factory=time.monotonic)
    shown: float = 0.0
    loss: float | None = None
    validation: float | None = None
    first: tuple[str, int, float] = ("", 0, 0.0)
    is_open: bool = False

    def __enter__(self) -> Line:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.is_open:
            sys.stderr.write(CLEAR)
            sys.stderr.flush()
            self.is_open = False

    def __call__(self, event: dict[str, Any]) -> None:
        """Take an event and show it, a few times a second at most."""
        self._take(event)
        now, live = time.monotonic(), is_live()
        done, total = event.get("done", event.get("step", 0)), event.get("total", 0)
        is_last = bool(total) and done >= total and "validation" not in event
        wait = LIVE_EVERY if live else LINE_EVERY
        is_due = now - self.shown >= wait and (live or now - self.started >= FIRST_LINE)
        if not is_due and not (is_last and self.is_open):
            return
        self.shown = now
        self._print(self._sentence(event, done, total), live=live, ends=is_last)

    def _take(self, event: dict[str, Any]) -> None:
        what = f"{event.get('part')}/{event.get('stage', 'training')}"
        done = event.get("done", event.get("step", 0))
        if self.first[0] != what or done < self.first[1]:
            self.first = (what, done, time.monotonic())
            self.loss = self.validation = None
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
        _, first_done, first_time = self.first
        if done >= total or done <= first_done:
            return ""
        seconds = (total - done) * (time.monotonic() - first_time) / (done - first_done)
        return f"{seconds / 60:.1f} min" if seconds >= 90 else f"{seconds:.0f} s"

    def _print(self, sentence: str, *, live: bool, ends: bool) -> None:
        sentence = printable(sentence)
        if live:
            width = shutil.get_terminal_size().columns - 1
            sys.stderr.write(f"{CLEAR}{sentence[:width]}" + ("\n" if ends else ""))
        else:
            sys.stderr.write(sentence + "\n")
        sys.stderr.flush()
        self.is_open = live and not ends


def end_live_line() -> None:
    """Leave the live line as it stands; what follows begins on the next."""
    if is_live():
        sys.stderr.write("\n")


def is_live() -> bool:
    """Whether somebody watches a terminal that can rewrite a line."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
