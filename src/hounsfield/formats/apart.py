"""A process apart for what may bring a library down: whatever a file holds, the process that asked lives on.

Some libraries end the process they run in over damaged files, or never come back from them. What they do for us is one
function, called in a process of its own that stays for the questions to come, is started anew when it ended, and ends
with this one. Over the border go JSON and bytes. It imports from where this process does, and never from the working
folder, which may be a stranger's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import IO, Any, cast

PATIENCE_S = 4.0
"""What is busy for longer over a small file will not come back."""

SLOWEST = 10_000_000
"""Bytes a second: large files get so much more time."""

STARTING_S = 60.0
MEMORY_S = 60.0
"""For so long a question that took too long is not asked again; a slow disk may be faster then."""

ROOT = Path(__file__).resolve().parents[2]
BEGIN = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from hounsfield.formats.apart import serve; serve()"


class Lost(Exception):  # noqa: N818 - an answer about a file, which the caller turns into a refusal
    """No answer, for the reason given: the function raised, or its process ended over the question."""


class Late(Lost):
    """No answer in time: the file may be damaged, or only slow to come by."""


class NotStarted(Lost):
    """No process that could be asked: nothing is said about the file."""


class Apart:
    """A function of a module (`package.module:function`), called in a process of its own.

    The function takes what was asked (JSON, bytes) and gives its answer in the same form.
    """

    def __init__(self, function: str) -> None:
        self._function = function
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._late: dict[int, float] = {}

    def ask(self, words: Mapping[str, Any], data: bytes = b"", *, size: int) -> tuple[dict[str, Any], bytes]:
        """The function's answer. size: bytes of what it has to read. Raises Lost."""
        line = json.dumps(words)
        key = hash((line, data))
        with self._lock:
            if time.monotonic() < self._late.get(key, 0.0):
                raise Late("it took too long a moment ago")
            if self._process is None or self._process.poll() is not None:
                self._start()
            patience = PATIENCE_S + size / SLOWEST
            try:
                answer, result = self._exchange(patience, line, data)
            except Late:
                self._late = {old: until for old, until in self._late.items() if time.monotonic() < until}
                self._late[key] = time.monotonic() + MEMORY_S
                raise
        if "error" in answer:
            raise Lost(answer["error"])
        return answer, result

    def _start(self) -> None:
        command = [sys.executable, "-I", "-c", BEGIN, json.dumps(_places()), self._function]
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        try:
            self._exchange(STARTING_S)
        except Lost:
            raise NotStarted("the process that opens such files did not start") from None

    def _exchange(self, patience: float, *question: Any) -> tuple[dict[str, Any], bytes]:
        """Send a question, if any, and receive what is said; whatever goes wrong ends the process."""
        process = cast("subprocess.Popen[bytes]", self._process)
        is_late = threading.Event()

        def stop() -> None:
            is_late.set()
            process.kill()

        alarm = threading.Timer(patience, stop)
        alarm.start()
        try:
            if question:
                _send(cast(IO[bytes], process.stdin), *question)
            answer = _receive(cast(IO[bytes], process.stdout))
            if is_late.is_set():  # in the last moment: it was stopped, and can not be asked again
                raise EOFError
            return answer
        except BaseException as error:  # interrupted as well: the next question must not get this one's answer
            process.kill()
            process.communicate()
            self._process = None
            if not isinstance(error, OSError | EOFError | ValueError):
                raise
            if is_late.is_set():
                raise Late(f"it took longer than {patience:.0f} s") from None
            raise Lost("the library ended over it") from None
        finally:
            alarm.cancel()


def _places() -> list[str]:
    """Where to import from: as here, without the working folder, unless this package itself lies in it."""
    here = Path.cwd()
    places = (Path(place).resolve() for place in sys.path)
    return [str(place) for place in places if place == ROOT or place != here]


def _send(stream: IO[bytes], line: str, data: bytes) -> None:
    """A line of JSON, a line with the number of bytes, the bytes."""
    stream.write(f"{line}\n{len(data)}\n".encode())
    stream.write(data)
    stream.flush()


def _receive(stream: IO[bytes]) -> tuple[dict[str, Any], bytes]:
    """What was sent. Raises EOFError where the other side ended."""
    line, size = stream.readline(), stream.readline()
    if not size.endswith(b"\n"):
        raise EOFError
    data = stream.read(int(size))
    if len(data) < int(size):
        raise EOFError
    return json.loads(line), data


def serve() -> None:
    """What the other process does: say that it is ready, then answer question after question until nobody asks."""
    questions, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries print
    module, _, name = sys.argv[2].partition(":")
    function = getattr(import_module(module), name)
    _send(answers, "{}", b"")
    while True:
        try:
            asked, data = _receive(questions)
        except EOFError:
            return
        try:
            words, result = function(asked, data)
        except Exception as error:  # over damaged data a library raises whatever it happens upon
            words, result = {"error": " ".join(str(error).split())[:400] or type(error).__name__}, b""
        _send(answers, json.dumps(words), result)
