"""`python -m hounsfield WORDS` in a process of its own, in a spoilt world: a small disk, another user, a signal.

The processes are forked off a server that has imported everything once (the start takes seconds otherwise), so another
user's process needs no way to the interpreter and its libraries. What is to happen in the middle of a command happens
when it opens a certain file, so it is always the same moment.
"""

from __future__ import annotations

import builtins
import io
import multiprocessing
import os
import pkgutil
import runpy
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import hounsfield

NOBODY = 65534
TIMEOUT_S = 300.0
SPACE = ("No space left on device", "File too large")
"""What a full disk is called, and a file at the limit that stands for one where nothing can be mounted."""

Deed = Callable[[], None]


@dataclass(frozen=True)
class Moment:
    """When a file in whose path these words are is opened for the `time`-th time, something happens."""

    path: str
    deed: Deed
    time: int = 1


@dataclass(frozen=True)
class Failing:
    """A file whose path ends so can be opened, and gives this error of the system when it is read."""

    path: str
    number: int


@dataclass(frozen=True)
class World:
    """Where a command runs, as whom, with which variables, and what happens in the middle of it."""

    folder: Path
    user: int | None = None
    most_bytes: int | None = None
    variables: Mapping[str, str | None] | None = None
    stdout: str | None = None
    moment: Moment | None = None
    failing: Failing | None = None


@dataclass(frozen=True)
class Ended:
    """How a command ended, its output, and what it said beside it, but for how far it was on a slow machine."""

    code: int
    out: str
    said: list[str]


class Heard:
    """What is written to a named pipe, which is no file that a disk or a limit has to have room for."""

    def __init__(self, pipe: Path) -> None:
        self._text = ""
        os.mkfifo(pipe)
        self._listening = threading.Thread(target=self._listen, args=(pipe,), daemon=True)
        self._listening.start()

    def _listen(self, pipe: Path) -> None:
        self._text = pipe.read_text()

    def text(self) -> str:
        """All of it, once everybody who wrote has ended."""
        self._listening.join(TIMEOUT_S)
        return self._text


@dataclass(frozen=True)
class Running:
    """A command on its way."""

    process: BaseProcess
    out: Heard | None
    err: Heard

    def end(self) -> Ended:
        """Wait for it. Whatever happened: no traceback."""
        self.process.join(TIMEOUT_S)
        assert self.process.exitcode is not None, "it hangs"
        said, out = self.err.text(), self.out.text() if self.out else ""
        assert "Traceback" not in said, said
        return Ended(
            self.process.exitcode, out, [line for line in said.splitlines() if line.startswith("hounsfield: ")]
        )


class Commands:
    """Starts commands; their outputs are kept in a folder."""

    def __init__(self, outputs: Path) -> None:
        self._outputs = outputs
        self._count = 0
        self._context = multiprocessing.get_context("forkserver")
        modules = [found.name for found in pkgutil.walk_packages(hounsfield.__path__, "hounsfield.")]
        late = [f"encodings.{name}" for name in ("ascii", "cp437", "idna", "latin_1", "unicode_escape", "utf_8_sig")]
        late += [f"PIL.{name}" for name in ("GifImagePlugin", "JpegImagePlugin", "PngImagePlugin", "PpmImagePlugin")]
        late += ["PIL.BmpImagePlugin", "pydicom", "pytest", "resource", "runpy", "statistics"]
        late += ["torch._dynamo", "torch.distributed"]
        self._context.set_forkserver_preload([*(name for name in modules if not name.endswith("__main__")), *late])

    def start(self, world: World, *words: object) -> Running:
        """A command that runs beside this process."""
        self._count += 1
        out, err = (self._outputs / f"{self._count}.{name}" for name in ("out", "err"))
        heard, said = None if world.stdout else Heard(out), Heard(err)
        given = (world, [str(word) for word in words], str(world.stdout or out), str(err))
        process = self._context.Process(target=_command, args=given)
        process.start()
        return Running(process, heard, said)

    def run(self, world: World, *words: object) -> Ended:
        """A command, to its end."""
        return self.start(world, *words).end()


def _command(world: World, words: list[str], out: str, err: str) -> None:
    for number, place in ((1, out), (2, err)):
        sys.__stdout__.flush()
        os.dup2(os.open(place, os.O_WRONLY), number)
    sys.stdout, sys.stderr = (os.fdopen(number, "w", closefd=False) for number in (1, 2))
    os.chdir(world.folder)
    for name, value in (world.variables or {}).items():
        os.environ.pop(name, None) if value is None else os.environ.update({name: value})
    if world.most_bytes is not None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (world.most_bytes, world.most_bytes))
    if world.user is not None:
        os.setgroups([])
        os.setresgid(world.user, world.user, world.user)
        os.setresuid(world.user, world.user, world.user)
    if world.moment is not None:
        sys.addaudithook(_watching(world.moment))
    if world.failing is not None:
        builtins.open = io.open = partial(_open_failing, world.failing, builtins.open)  # type: ignore[assignment]
    sys.argv = ["hounsfield", *words]
    runpy.run_module("hounsfield", run_name="__main__", alter_sys=True)


class _Unreadable(io.FileIO):
    """Bytes that the system does not give."""

    number = 0

    def _fail(self, *given: Any) -> Any:
        raise OSError(self.number, os.strerror(self.number))

    readinto = readall = read = _fail


def _open_failing(failing: Failing, own: Callable[..., Any], file: Any, *words: Any, **more: Any) -> Any:
    if not str(file).endswith(failing.path):
        return own(file, *words, **more)
    raw = _Unreadable(file)
    raw.number = failing.number
    return io.BufferedReader(raw)


def _watching(moment: Moment) -> Callable[[str, tuple[Any, ...]], None]:
    left = [moment.time]

    def watch(event: str, details: tuple[Any, ...]) -> None:
        if event == "open" and left[0] and moment.path in str(details[0]):
            left[0] -= 1
            if not left[0]:
                moment.deed()

    return watch


def signalled(number: int) -> Deed:
    """A signal comes."""
    return partial(_signal, number)


def _signal(number: int) -> None:
    os.kill(os.getpid(), number)


def moved_away(folder: Path) -> Deed:
    """A folder is not there any more, as when a network is gone."""
    return partial(os.rename, folder, folder.with_name(f"{folder.name}.gone"))
