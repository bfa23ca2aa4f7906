"""The door to files: what is there, how large, what it is called; every refusal names the file and the remedy."""

from __future__ import annotations

import hashlib
import shutil
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from hounsfield.values import MiB, refuse

IN_MEMORY = 64 * MiB
"""Up to this size an unpacked stream is kept in memory; beyond it, it is mapped from a scratch file."""

DEFLATE_RATIO = 1032
"""No deflate stream grows by more than this factor (RFC 1951: 258 bytes from 2 bits), so more is a false claim."""

DOUBLE_SUFFIXES = (".gz",)


def suffix_of(path: Path) -> str:
    """The suffix that names the format, in lower case: `.png`, `.nii.gz`."""
    before, last = _cut(path.name.lower())  # asked of every file many times: pathlib's own way is slow
    if last in DOUBLE_SUFFIXES:
        return _cut(before)[1] + last
    return last


def stem_of(path: Path) -> str:
    """The name without the suffix that names the format: `case_01` of `case_01.nii.gz`."""
    return path.name[: len(path.name) - len(suffix_of(path))]


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
        raise refuse(path, f"can not be read ({error.strerror})", "Check the permissions of the file.") from None
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
    try:
        return path.read_bytes()
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", "Check the permissions of the file.") from None


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, in hexadecimal."""
    size_of(path)
    try:
        with open(path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", "Check the permissions of the file.") from None


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns a failure to write into a refusal that names the file."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise refuse(path, f"can not be written ({why})", "Check the folder, its permissions and the disk.") from None


def unpack(stream: IO[bytes], size: int, *, where: str) -> NDArray[np.uint8]:
    """The next `size` bytes of a stream, in memory up to IN_MEMORY, else mapped from a scratch file without a name.

    The caller has held `size` against the packed file before. Raises EOFError where the stream ends early.
    """
    if size <= IN_MEMORY:
        data = stream.read(size)
        if len(data) < size:
            raise EOFError
        return np.frombuffer(data, np.uint8)
    if shutil.disk_usage(tempfile.gettempdir()).free < size + 64 * MiB:
        remedy = "Make room in the temporary folder, or point TMPDIR to a disk with more of it."
        raise refuse(where, f"needs {size // MiB} MiB of scratch space to be unpacked", remedy)
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


def leaves_its_folder(name: str) -> bool:
    """Whether a file of this name would lie elsewhere than in the folder it is put into, or nowhere."""
    parts = name.split("/")
    return "\\" in name or "\0" in name or any(part in ("", ".", "..") for part in parts)
