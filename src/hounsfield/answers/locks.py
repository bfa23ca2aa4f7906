"""Files held by one process at a time, so that no two runs write to one place; the system frees them, come what may."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hounsfield.formats.files import NotWritten, writing
from hounsfield.values import refuse

TAKEN = (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
PLACE = 2**30  # of the byte that Windows locks, which can not be read by others then: behind all that is written


@dataclass(frozen=True)
class Held:
    """A file that is held, and what it stands for in words."""

    path: Path
    where: Path
    file: IO[bytes]

    @property
    def is_there(self) -> bool:
        """Whether its path still leads to it."""
        try:
            return os.path.samestat(os.fstat(self.file.fileno()), os.stat(self.path))
        except OSError:
            return False

    def refuse_gone(self) -> None:
        """Raises NotWritten where the file was taken away, alone or with its folder: what is written is lost there."""
        if not self.is_there:
            remedy = "Bring it back where it was, and ask the same again."
            raise NotWritten(self.where, "it was taken away meanwhile", remedy)


@contextmanager
def held(path: Path, *, where: Path) -> Iterator[Held]:
    """Hold a file, which is made where it is missing. where: what it stands for.

    Raises Refused where another process holds it, or where the disk knows no locks.
    """
    with writing(where):
        file = open(path, "a+b")  # noqa: SIM115 - closed below
    with file:
        held_now = Held(path, where, file)
        try:
            _lock(file)
        except OSError as error:
            if error.errno in TAKEN:
                raise refuse(where, "is in use by another run", "Wait for it, or give another --out.") from None
            what = f"can not be held against other runs ({error.strerror})"
            raise refuse(where, what, "Give an --out on a disk that knows locks.") from None
        if not held_now.is_there:  # the other run has just taken it away
            raise refuse(where, "is in use by another run", "Wait for it, or give another --out.")
        yield held_now


def _lock(file: IO[bytes]) -> None:
    """An exclusive lock of the system's own kind. Raises OSError where another process holds it."""
    if os.name == "nt":
        import msvcrt

        file.seek(PLACE)
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    else:
        import fcntl

        fcntl.flock(file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
