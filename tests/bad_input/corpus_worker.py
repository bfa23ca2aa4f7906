"""A process that opens what it is told to, as `hounsfield inspect` does, and says how that went.

A line of standard input names a path; a line of standard output answers it in JSON: exit code, what was printed, what
was said beside it, processor seconds, and the bytes at the peak beyond those of the idle process.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import time
from pathlib import Path

from hounsfield.cli.ending import run
from hounsfield.cli.main import hounsfield

STATUS = Path("/proc/self/status")


def kibibytes(field: str) -> int:
    """A size of this process, from the kernel; 0 where it does not say."""
    if not STATUS.exists():
        return 0
    lines = (line.split() for line in STATUS.read_text().splitlines())
    return next((int(words[1]) for words in lines if words[0] == f"{field}:"), 0)


def forget_peak() -> None:
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        out, said = io.StringIO(), io.StringIO()
        forget_peak()
        idle, began = kibibytes("VmRSS"), time.process_time()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            code = run(hounsfield, ["inspect", json.loads(line)])
        seconds, peak = time.process_time() - began, kibibytes("VmHWM") - idle
        answer = {
            "code": code,
            "out": out.getvalue(),
            "said": said.getvalue(),
            "seconds": seconds,
            "bytes": 1024 * peak,
        }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
