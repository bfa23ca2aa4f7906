"""Numbers that stand behind a header: where they begin, how they are packed, their type and their order.

What a header promises is held against the file before memory is taken. Plain numbers are mapped; packed ones are
unpacked once, when they are first asked for.
"""

from __future__ import annotations

import bz2
import gzip
import math
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import DEFLATE_RATIO, size_of, unpack
from hounsfield.values import Grid, Image, MiB, refuse

Packing = Literal["raw", "gzip", "zlib", "bzip2", "text"]

BZIP2_RATIO = 2**21
"""No bzip2 stream grows by more: a block of some 40 bytes holds 900 000, in which 5 stand for at most 255."""

RATIO: dict[Packing, int] = {"raw": 1, "gzip": DEFLATE_RATIO, "zlib": DEFLATE_RATIO, "bzip2": BZIP2_RATIO}
UNSUSPICIOUS = 512 * MiB
MOST_GROWTH = 500
"""Numbers that grow beyond both are refused: scans shrink to a half or a tenth, only emptiness to so little."""

LONGEST_TEXT = 16 * MiB
"""Numbers written as text are parsed in memory, so a longer file of them is refused."""

AGAIN = "Copy or export it again from where it came from."


class Packed(Protocol):
    """A stream of unpacked bytes."""

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; none at the end."""


@dataclass(frozen=True)
class Stored:
    """The numbers of a file, not read yet.

    axes: sizes in the file's order, the fastest first.  start: bytes of the file before the numbers (or before the
    stream that they are packed in).  skip: bytes before them inside that stream.
    """

    path: Path
    axes: tuple[int, ...]
    dtype: np.dtype
    packing: Packing = "raw"
    start: int = 0
    skip: int = 0

    @property
    def nbytes(self) -> int:
        """Bytes of all numbers, unpacked."""
        return math.prod(self.axes) * self.dtype.itemsize

    def check_size(self) -> None:
        """Refuses a size that can not be true of the file; nothing but its length is looked at."""
        there = max(0, size_of(self.path) - self.start)
        if self.packing == "text":
            if there > LONGEST_TEXT:
                what = f"has {there} bytes of numbers written as text, more than the {LONGEST_TEXT} that are read"
                raise refuse(self.path, what, "Save it in binary form.")
            needed, most = 2 * math.prod(self.axes) - 1, there  # at least a digit each, and something between them
        else:
            needed, most = self.skip + self.nbytes, there * RATIO[self.packing]
        if needed > most:
            what = f"is cut short or has a false header: it declares {needed} bytes of numbers and can hold {most}"
            raise refuse(self.path, what, AGAIN)
        if self.packing != "text" and needed > max(UNSUSPICIOUS, there * MOST_GROWTH):
            what = f"would grow from {there} bytes to {needed}, as no scan does"
            raise refuse(self.path, what, "If it is right, save it unpacked, or with fewer bytes a voxel.")

    def read(self) -> NDArray[Any]:
        """All numbers (*axes): mapped, or unpacked. Refuses a file that can not be unpacked."""
        try:
            if self.packing == "raw":
                data: NDArray[np.uint8] = np.memmap(self.path, np.uint8, "r", self.start + self.skip, (self.nbytes,))
            elif self.packing == "text":
                return self._parsed().reshape(self.axes, order="F")
            else:
                with self._unpacked() as stream:
                    _pass_over(stream, self.skip)
                    data = unpack(cast(IO[bytes], stream), self.nbytes, where=str(self.path))
        except (EOFError, zlib.error):
            raise refuse(self.path, "is cut short or damaged: it can not be unpacked", AGAIN) from None
        except (OSError, ValueError) as error:
            if isinstance(error, OSError) and error.errno is None:  # gzip and bz2 say so of damaged streams
                raise refuse(self.path, "is cut short or damaged: it can not be unpacked", AGAIN) from None
            raise refuse(self.path, f"can not be read ({error})", "Check that the file is still there.") from None
        return data.view(self.dtype).reshape(self.axes, order="F")

    @contextmanager
    def _unpacked(self) -> Iterator[Packed]:
        with open(self.path, "rb") as file:
            file.seek(self.start)
            if self.packing == "gzip":
                with gzip.GzipFile(fileobj=file, mode="rb") as stream:
                    yield stream
            elif self.packing == "bzip2":
                with bz2.BZ2File(file) as stream:
                    yield stream
            else:
                yield Inflated(file)

    def _parsed(self) -> NDArray[Any]:
        with open(self.path, "rb") as file:
            file.seek(self.start + self.skip)
            text = file.read(LONGEST_TEXT)
        count = math.prod(self.axes)
        kind = np.dtype(np.float64 if self.dtype.kind == "f" else np.int64)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error", DeprecationWarning)  # numpy's way to say that a word is no number
                numbers = np.fromstring(text, kind, sep=" ") if text.strip() else np.empty(0, kind)
        except (DeprecationWarning, ValueError):
            numbers = np.empty(0, kind)
        if len(numbers) != count:
            what = f"does not hold the {count} numbers, written as text, that its header declares"
            raise refuse(self.path, what, AGAIN)
        if self.dtype.kind != "f" and not np.array_equal(numbers.astype(self.dtype), numbers):
            raise refuse(self.path, f"holds numbers that do not fit into {self.dtype}", AGAIN)
        return numbers.astype(self.dtype)


@dataclass(frozen=True, eq=False)
class StoredVolume:
    """What a header says of a volume, and the source of its numbers in real units, (C, *grid.shape).

    channel_axis: the one of the file's axes that tells channels apart.  first, count: the channels that are given.
    slope, intercept: from stored numbers to real units.
    """

    grid: Grid
    stored: Stored
    channel_axis: int | None = None
    count: int = 1
    first: int = 0
    slope: float = 1.0
    intercept: float = 0.0

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, then the grid's axes."""
        return (self.count, *self.grid.shape)

    @property
    def dtype(self) -> np.dtype:
        """As stored; scaled numbers are float32, or float64 where more than 32 bits are stored."""
        stored = self.stored.dtype.newbyteorder("=")
        if not self.is_scaled:
            return stored
        return np.result_type(stored, np.float32) if stored.itemsize <= 4 else np.dtype(np.float64)

    @property
    def is_scaled(self) -> bool:
        """Whether stored numbers are not yet in real units."""
        return (self.slope, self.intercept) != (1.0, 0.0)

    def slab(self, axis: int, start: int, stop: int) -> NDArray[Any]:
        """The part with start <= index < stop along one axis. Refuses a file that can not be unpacked."""
        part = self._numbers[(slice(None),) * axis + (slice(start, stop),)]
        if not self.is_scaled:
            return part.astype(self.dtype, copy=False)
        scaled = np.empty_like(part, self.dtype)
        with np.errstate(over="ignore", invalid="ignore"):
            for k in range(part.shape[-1]):  # by slices, so that no second copy in float64 is made
                scaled[..., k] = part[..., k] * np.float64(self.slope) + self.intercept
        return scaled

    def image(self, channel: int | None = None) -> Image:
        """The image, lazily; one channel of it where `channel` is given. Refuses one that is not there."""
        if channel is None:
            return Image(self, self.grid)
        if channel >= self.count:
            what = f"has {self.count} channels; number {channel} is asked for, counted from 0"
            raise refuse(self.stored.path, what, "Check the channels that dataset.json names.")
        return Image(replace(self, first=channel, count=1), self.grid)

    @cached_property
    def _numbers(self) -> NDArray[Any]:
        """(C, *grid.shape) as stored."""
        array = self.stored.read()
        array = array[None] if self.channel_axis is None else np.moveaxis(array, self.channel_axis, 0)
        return array[self.first : self.first + self.count].reshape(self.shape)


class Inflated:
    """The bytes of a zlib or gzip stream, unpacked no further than they are asked for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._engine = zlib.decompressobj(47)  # 32 for "either header", 15 for the largest window

    def read(self, size: int, /) -> bytes:
        """The next bytes, at most `size`; fewer only at the end."""
        parts, left = [], size
        while left and not self._engine.eof:
            packed = self._engine.unconsumed_tail or self._file.read(64 * 1024)
            part = self._engine.decompress(packed, left)
            if not packed and not part:
                break
            parts.append(part)
            left -= len(part)
        return b"".join(parts)


def _pass_over(stream: Packed, count: int) -> None:
    while count:
        block = stream.read(min(count, MiB))
        if not block:
            raise EOFError
        count -= len(block)
