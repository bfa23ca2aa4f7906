"""A process of its own that reads each HDF5 file first: the library crashes or hangs on some damaged ones.

What it came through is then read here; a file that ended it, or kept it for long without a step, is refused. One such
process serves all files, is started with the first of them and ends with this one.

Source: HDFGroup/hdf5, issues 1707 (hangs) and 4433 (crashes).
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import time
from functools import lru_cache
from pathlib import Path

from hounsfield.values import refuse

COMMAND = (sys.executable, "-m", "hounsfield.formats.hdf5_forerunner")
STARTING_S = 60.0
STEP_S = 4.5  # a step reads at most one chunk
READY, STEP, DONE = "ready", "step", "done"


@lru_cache(maxsize=2**14)
def comes_through(path: Path, size: int, modified: int) -> bool:
    """Whether the other process read the whole file, or refused it, and lived. Size and time are the file's."""
    with _lock:
        alive = [runner for runner in _runners if runner.process.poll() is None]
        _runners.clear()
        runner = alive[0] if alive else _Runner(path)
        survived = runner.reads(path)
        if survived:
            _runners.append(runner)
        return survived


class _Runner:
    """The other process and what it says."""

    def __init__(self, path: Path) -> None:
        known = os.pathsep.join(place for place in sys.path if place)
        self.process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": known},
            text=True,
        )
        self.said: queue.SimpleQueue[str] = queue.SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        if self._next(STARTING_S) != READY:
            self._end()
            raise refuse(path, "can not be read: the process that opens such files first did not start", "Try again.")

    def reads(self, path: Path) -> bool:
        try:
            print(json.dumps(str(path)), file=self.process.stdin, flush=True)
        except OSError:  # it ended since the last file
            return False
        while (word := self._next(STEP_S)) == STEP:
            pass
        if word != DONE:
            self._end()
        return word == DONE

    def _end(self) -> None:
        self.process.kill()
        self.process.wait()

    def _listen(self) -> None:
        for line in self.process.stdout or ():
            self.said.put(line.strip())
        self.said.put("")  # it ended

    def _next(self, seconds: float) -> str:
        try:
            return self.said.get(timeout=seconds)
        except queue.Empty:
            return ""


_lock = threading.Lock()
_runners: list[_Runner] = []


def _serve() -> None:
    """What the other process does: read the file of each line it is given, with a word at each step."""
    import h5py  # noqa: F401 - now, so that the first file has its time for itself

    from hounsfield.formats.hdf5 import read_through

    print(READY, flush=True)
    for line in sys.stdin:
        said = time.monotonic()
        for _ in read_through(Path(json.loads(line))):
            if time.monotonic() - said > STEP_S / 10:
                said = time.monotonic()
                print(STEP, flush=True)
        print(DONE, flush=True)


if __name__ == "__main__":
    _serve()
