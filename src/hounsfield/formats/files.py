"""The door to files: what is there, how large, what it is called; every refusal names the file and the remedy."""

from __future__ import annotations

import errno
import hashlib
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hounsfield.values import MiB, Problem, Refused, refuse

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

IN_MEMORY = 64 * MiB
"""Up to this size an unpacked stream is kept in memory; beyond it, it is mapped from a scratch file."""

DEFLATE_RATIO = 1032
"""No deflate stream grows by more than this factor (RFC 1951: 258 bytes from 2 bits), so more is a false claim."""

PERMISSIONS = "Check the permissions of the file, and that its disk is there."
ELSEWHERE = "Make room in the temporary folder, or point TMPDIR to a disk with more of it."

DOUBLE_SUFFIXES = (".gz",)

FULL = (errno.ENOSPC, errno.EFBIG, getattr(errno, "EDQUOT", errno.ENOSPC))
"""How the system says that there is no room: on the disk, for a file so large, in what is granted to a person."""


class NotWritten(Refused):
    """A refusal for the sake of the place to write to: what was given is not at fault, and more of it fares no better.

    why: in the words of the system.
    """

    def __init__(self, path: object, why: str, remedy: str) -> None:
        self.why, self.remedy = why, remedy
        super().__init__(Problem(str(path), f"can not be written ({why})", remedy))

    def meant_for(self, path: object) -> NotWritten:
        """The same, naming the path that was to be written by way of another."""
        return NotWritten(path, self.why, self.remedy)

    def and_so(self, what: str) -> Problem:
        """The problem, with what comes of it for all that is left."""
        problem = self.problems[0]
        return replace(problem, what=f"{problem.what}, and {what}")


def suffix_of(path: Path) -> str:
    """The suffix that names the format, in lower case: `.png`, `.nii.gz`."""
    return _suffix(path.name).lower()


def stem_of(path: Path) -> str:
    """The name without the suffix that names the format: `case_01` of `case_01.nii.gz`."""
    name = path.name
    return name[: len(name) - len(_suffix(name))]  # as it is written: there are letters that are two in lower case


def _suffix(name: str) -> str:
    before, last = _cut(name)  # asked of every file many times: pathlib's own way is slow
    return _cut(before)[1] + last if last.lower() in DOUBLE_SUFFIXES else last


def _cut(name: str) -> tuple[str, str]:
    """A name before its last suffix, and that suffix with its dot: none in `.hidden` and in `name.`."""
    before, dot, last = name.rpartition(".")
    return (before, dot + last) if before.strip(".") and last else (name, "")


def size_of(path: Path) -> int:
    """Bytes of a file. Refuses what is missing, a folder, or empty."""
    try:
        if path.is_dir():
            raise refuse(path, "is a folder, not a file", "Name a file in it.")
        found = path.stat()
    except FileNotFoundError:
        raise refuse(path, "does not exist", "Check the name.") from None
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", PERMISSIONS) from None
    if not stat.S_ISREG(found.st_mode):  # reading a pipe or a device may never end
        raise refuse(path, "is no regular file", "Copy its content into a file.")
    if found.st_size == 0:
        raise refuse(path, "is empty", "Copy it again from where it came from.")
    return found.st_size


def read_bytes(path: Path, *, limit: int) -> bytes:
    """All bytes of a small file. Refuses one that is missing, empty, or larger than `limit` bytes."""
    size = size_of(path)
    if size > limit:
        raise refuse(path, f"has {size} bytes, more than the {limit} such a file may have", "Is it the right file?")
    with reading(path):
        return path.read_bytes()


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    size_of(path)
    with reading(path), open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns a failure to read into a refusal that names the file."""
    try:
        yield
    except OSError as error:
        what = f"can not be read ({error.strerror or error})"
        raise refuse(path, what, PERMISSIONS) from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns a failure to write into NotWritten, which names the file."""
    try:
        yield
    except OSError as error:
        remedy = "Check the folder, its permissions and the disk."
        remedy = "Make room on that disk, and ask the same again." if error.errno in FULL else remedy
        raise NotWritten(path, error.strerror or str(error), remedy) from None


def unpack(stream: IO[bytes], size: int, *, where: str) -> NDArray[np.uint8]:
    """The next `size` bytes of a stream, in memory up to IN_MEMORY, else mapped from a scratch file without a name.

    The caller has held `size` against the packed file before. Raises EOFError where the stream ends early.
    """
    import numpy as np  # not for those who only ask what is there

    if size <= IN_MEMORY:
        data = stream.read(size)
        if len(data) < size:
            raise EOFError
        return np.frombuffer(data, np.uint8)
    if shutil.disk_usage(scratch_place()).free < size + 64 * MiB:
        raise refuse(where, f"needs {size // MiB} MiB of scratch space to be unpacked", ELSEWHERE)
    with tempfile.TemporaryFile() as scratch:
        left = size
        while left:
            block = stream.read(min(left, 4 * MiB))
            if not block:
                raise EOFError
            scratch.write(block)
            left -= len(block)
        scratch.flush()
        return np.memmap(scratch, np.uint8, "r", shape=(size,))


def scratch_place() -> Path:
    """The folder for what is needed for a while only. Refuses where the system has none that can be written to."""
    try:
        return Path(tempfile.gettempdir())
    except FileNotFoundError:
        raise NotWritten("the temporary folder", "there is none that has room and is open to you", ELSEWHERE) from None


@contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A folder of one's own that is gone afterwards; where it can not be written to, that is said of its disk."""
    place = scratch_place()
    with writing(place):
        folder = Path(tempfile.mkdtemp(prefix=f"hounsfield-{purpose}-"))
    try:
        yield folder
    except NotWritten as refusal:
        if not Path(refusal.problems[0].where).is_relative_to(folder):
            raise
        raise NotWritten(place, refusal.why, ELSEWHERE) from None
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def leaves_its_folder(name: str) -> bool:
    """Whether a file of this name would lie elsewhere than in the folder it is put into, or nowhere."""
    parts = name.split("/")
    return "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts)
