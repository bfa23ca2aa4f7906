"""One DICOM file, opened so that a false length in it takes neither memory nor time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hounsfield.formats.files import sha256_of, size_of
from hounsfield.values import refuse

MAGIC_AT = 128
CHARGE = 32
"""Bytes that each read counts at least, so that a bound on bytes is one on the number of reads too."""


class Bounded:
    """A file whose reads end where the file ends, however many bytes a length in it promises.

    Python takes memory for all the bytes that a read asks for, so the promise must be cut before it is made good.
    most: after so many bytes the file is as if it ended, and `is_exhausted` says so.  is_cut: whether the end of the
    file came in the middle of what was asked for.
    """

    def __init__(self, raw: IO[bytes], size: int, most: int | None = None) -> None:
        self.size = size
        self.is_exhausted = self.is_cut = False
        self._raw, self._left = raw, most

    def read(self, count: int = -1) -> bytes:
        """At most `count` bytes; all that are left where it is negative."""
        here = max(0, self.size - self._raw.tell())
        self.is_cut = self.is_cut or 0 < here < count
        count = here if count < 0 else min(count, here)
        if self._left is not None:
            self._left -= max(count, CHARGE)
            self.is_exhausted = self._left < 0
            count = 0 if self.is_exhausted else count
        return self._raw.read(count)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Go to an offset, behind the end too, where nothing can be read."""
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        """The offset of the next byte."""
        return self._raw.tell()


@dataclass(frozen=True, order=True)
class DicomFile:
    """A file on disk."""

    path: Path

    def __str__(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        """The name without folders."""
        return self.path.name

    @property
    def folder(self) -> str:
        """Where it lies, in words for the user."""
        return str(self.path.parent)

    @property
    def sha256(self) -> str:
        """SHA-256 of its bytes, in hexadecimal."""
        return sha256_of(self.path)

    @contextmanager
    def open(self, *, most: int | None = None) -> Iterator[Bounded]:
        """Its bytes, of which `most` may be read. Refuses what is missing or empty."""
        size = size_of(self.path)
        try:
            with open(self.path, "rb") as raw:
                yield Bounded(raw, size, most)
        except OSError as error:
            raise refuse(self, f"can not be read ({error.strerror})", "Check the permissions of the file.") from None

    def has_magic(self) -> bool:
        """Whether DICM stands where a DICOM file has it; False where nothing can be read."""
        try:
            with open(self.path, "rb") as file:
                return file.read(MAGIC_AT + 4)[MAGIC_AT:] == b"DICM"
        except OSError:
            return False
