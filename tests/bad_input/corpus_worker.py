"""A process that opens what it is told to, as `hounsfield inspect` does, and says how that went.

A line of standard input names a path; a line of standard output answers it in JSON: exit code, what was printed, what
was said beside it, processor seconds, and the bytes at the peak beyond those of the idle process. Seconds and bytes
are those of this process and of all that it has started, which read what brings libraries down.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import threading
import time
from pathlib import Path

from hounsfield.cli.ending import run
from hounsfield.cli.main import hounsfield

PROCESSES = Path("/proc")
OFTEN_S = 0.01  # a process may end at any time, and its peak with it


def children() -> list[int]:
    """The processes that this one has started and that live; none where the kernel does not say."""
    found = set[int]()
    for listed in PROCESSES.glob("self/task/*/children"):
        with contextlib.suppress(OSError):  # a thread that has ended
            found.update(map(int, listed.read_text().split()))
    return sorted(found)


def kibibytes(process: int, field: str) -> int:
    """A size of a process, from the kernel; 0 where it does not say, or the process has ended."""
    with contextlib.suppress(OSError):
        lines = (line.split() for line in (PROCESSES / str(process) / "status").read_text().splitlines())
        return next((int(words[1]) for words in lines if words and words[0] == f"{field}:"), 0)
    return 0


def seconds() -> float:
    """Processor seconds so far: of this process, of the children that have ended, and of those that live."""
    own = os.times()
    total = time.process_time() + own.children_user + own.children_system
    for child in children():
        with contextlib.suppress(OSError):
            words = (PROCESSES / str(child) / "stat").read_text().rpartition(")")[2].split()
            total += (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    return total


class Peaks:
    """The most memory that each process took in a while, in KiB, those that ended meanwhile as well."""

    def __init__(self) -> None:
        self.most = dict[int, int]()
        self.idle = 0
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> Peaks:
        for process in (os.getpid(), *children()):
            with contextlib.suppress(OSError):
                (PROCESSES / str(process) / "clear_refs").write_text("5")  # forgets the peak so far
            self.idle += kibibytes(process, "VmRSS")
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    def _look(self) -> None:
        while True:
            is_last = self._ended.wait(OFTEN_S)
            for process in (os.getpid(), *children()):
                self.most[process] = max(self.most.get(process, 0), kibibytes(process, "VmHWM"))
            if is_last:
                return


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    for line in sys.stdin:
        out, said = io.StringIO(), io.StringIO()
        with Peaks() as peaks:
            began = seconds()
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
                code = run(hounsfield, ["inspect", json.loads(line)])
            taken = seconds() - began
        answer = {
            "code": code,
            "out": out.getvalue(),
            "said": said.getvalue(),
            "seconds": taken,
            "bytes": 1024 * (sum(peaks.most.values()) - peaks.idle),
        }
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


if __name__ == "__main__":
    main()
