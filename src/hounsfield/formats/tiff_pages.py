"""The pages of a TIFF file, known from its directories alone and held against the file before a pixel is decoded.

Source: TIFF 6.0 (Adobe, 1992) and BigTIFF (2007). Directories are read here, pixels by Pillow: it follows what a file
says, and what a file says can be a circle of pages, a million strips, or a page of pixels that are not there.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import numpy as np

from hounsfield.formats.files import size_of
from hounsfield.values import MiB, refuse

AGAIN = "Copy or export it again from where it came from."
MOST_PAGES = 4096
MOST_ENTRIES = 1024  # of a directory; real ones have 10 to 60
MOST_PARTS = 2**17  # strips or tiles of a page
LARGEST_TILE = 2**22  # pixels, where the page itself is smaller
LONGEST_NOTE = MiB

COMPRESSIONS = {1: "none", 5: "LZW", 7: "JPEG", 8: "Deflate", 32773: "PackBits", 32946: "Deflate"}
SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8, 17: 8, 18: 8}
WHOLE_NUMBERS = {1: "B", 3: "H", 4: "I", 16: "Q"}

WHITE_IS_ZERO, YCBCR, JPEG = 0, 6, 7  # photometric interpretations, a compression
SUBFILE, WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION = 254, 256, 257, 258, 259, 262, 270
STRIPS, SAMPLES, X_RESOLUTION, Y_RESOLUTION, UNIT = 273, 277, 282, 283, 296
TILE_WIDTH, TILE_LENGTH, TILES, SAMPLE_FORMAT = 322, 323, 324, 339

MM_PER_UNIT = {2: 25.4, 3: 10.0}  # inch, centimetre
SCREEN_AND_PRINT = (72, 90, 96, 100, 120, 150, 180, 200, 240, 300, 350, 360, 400, 600, 720, 1200, 2400)
"""Dots an inch that programs write when nobody measured anything."""

FINEST_MM, COARSEST_MM = 0.02, 5.0
"""Spacings of pictures of a body. Micrographs lie far below, where the house's lengths in mm mean nothing."""

Entries = Mapping[int, tuple[int, int, bytes]]  # tag -> type, count, the value or where it lies


@dataclass(frozen=True)
class Page:
    """One page.

    number: its place in the file.  kind: 1 unsigned, 2 signed, 3 float.  is_whole: it is no thumbnail and no mask.
    """

    number: int
    rows: int
    columns: int
    bits: int
    samples: int
    kind: int
    photometric: int
    compression: int
    is_whole: bool

    @property
    def form(self) -> tuple[int, ...]:
        """What all pages of a stack have in common."""
        return (self.rows, self.columns, self.bits, self.samples, self.kind, self.photometric)

    @property
    def dtype(self) -> np.dtype:
        """The type of one stored number."""
        return np.dtype(f"{'?uif'[self.kind]}{1 if self.bits <= 8 else 2 if self.bits <= 16 else 4}")

    @property
    def nbytes(self) -> int:
        """Bytes of the page without compression."""
        return self.rows * math.ceil(self.columns * self.samples * self.bits / 8)

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows} with {self.samples} x {self.bits} bits"


@dataclass(frozen=True)
class Tiff:
    """pages: the whole ones, all of one form.  description: what the writing program noted.  spacing: mm, if stated."""

    pages: tuple[Page, ...]
    description: str
    spacing: float | None


def read_tiff(path: Path) -> Tiff:
    """The pages of a TIFF file, without thumbnails and masks. Refuses what can not be true or is not read."""
    size = size_of(path)
    with open(path, "rb") as stream:
        head = stream.read(16)
        order, is_big = "<" if head[:2] == b"II" else ">", b"+" in head[2:4]
        if len(head) < (16 if is_big else 8):
            raise refuse(path, "is cut short", AGAIN)
        file = _File(path, stream, size, order, is_big)
        at = struct.unpack(f"{order}Q", head[8:16])[0] if is_big else struct.unpack(f"{order}I", head[4:8])[0]
        pages, seen, first = list[Page](), set[int](), None
        while at:
            if at in seen:
                raise refuse(path, "has pages that lead in a circle", AGAIN)
            if len(seen) == MOST_PAGES:
                raise refuse(
                    path, f"has more than the {MOST_PAGES} pages that are read", "Split it into several files."
                )
            seen.add(at)
            entries, at = file.directory(at)
            page = _page(file, entries, len(pages))
            pages.append(page)
            if page.is_whole and first is None:
                first = entries
        whole = tuple(page for page in pages if page.is_whole)
        if first is None:
            raise refuse(path, "has no page with a picture", AGAIN)
        _refuse_pages(path, whole, size)
        return Tiff(whole, file.text(first, DESCRIPTION), _spacing(file, first))


@dataclass(frozen=True)
class _File:
    """The bytes of a TIFF file and how to read numbers from them."""

    path: Path
    stream: IO[bytes]
    size: int
    order: str
    is_big: bool

    def at(self, offset: int, length: int) -> bytes:
        if offset + length > self.size:
            raise refuse(self.path, "is cut short or damaged: it points behind its own end", AGAIN)
        self.stream.seek(offset)
        return self.stream.read(length)

    def directory(self, offset: int) -> tuple[Entries, int]:
        """The entries of a page, and where the next page's directory lies (0: nowhere)."""
        head, step, form = (8, 20, "HHQ8s") if self.is_big else (2, 12, "HHI4s")
        pointer = "Q" if self.is_big else "I"
        count = struct.unpack(f"{self.order}{'Q' if self.is_big else 'H'}", self.at(offset, head))[0]
        if count > MOST_ENTRIES:
            raise refuse(self.path, f"has a page with {count} tags; real ones have some dozens", AGAIN)
        tail = struct.calcsize(f"{self.order}{pointer}")
        block = self.at(offset + head, count * step + tail)
        entries: dict[int, tuple[int, int, bytes]] = {}
        for tag, kind, many, value in struct.iter_unpack(f"{self.order}{form}", block[: count * step]):
            entries.setdefault(tag, (kind, many, value))
        if sum(SIZES.get(kind, 0) * many for kind, many, _ in entries.values()) > self.size:
            raise refuse(self.path, "has tags that are longer than the whole file", AGAIN)
        return entries, struct.unpack(f"{self.order}{pointer}", block[-tail:])[0]

    def number(self, entries: Entries, tag: int, default: int) -> int:
        """The first whole number of a tag."""
        if tag not in entries:
            return default
        kind, many, _ = entries[tag]
        if kind not in WHOLE_NUMBERS or many < 1:
            raise refuse(self.path, f"states its tag {tag} in an impossible way", AGAIN)
        return int(struct.unpack(f"{self.order}{WHOLE_NUMBERS[kind]}", self._value(entries[tag], SIZES[kind]))[0])

    def ratio(self, entries: Entries, tag: int) -> float:
        """A rational number; 0 where it is missing or without sense."""
        if tag not in entries or entries[tag][0] != 5 or entries[tag][1] < 1:
            return 0.0
        above, below = struct.unpack(f"{self.order}II", self._value(entries[tag], 8))
        return above / below if below else 0.0

    def text(self, entries: Entries, tag: int) -> str:
        """A text, at most its first LONGEST_NOTE bytes."""
        if tag not in entries or entries[tag][0] not in (1, 2, 7):
            return ""
        return self._value(entries[tag], min(entries[tag][1], LONGEST_NOTE)).rstrip(b"\0").decode("latin-1")

    def _value(self, entry: tuple[int, int, bytes], length: int) -> bytes:
        """The first bytes of an entry's value: in the entry itself where all of it fits, else where it points to."""
        kind, many, value = entry
        if SIZES[kind] * many <= len(value):
            return value[:length]
        return self.at(struct.unpack(f"{self.order}{'Q' if self.is_big else 'I'}", value)[0], length)


def _page(file: _File, entries: Entries, number: int) -> Page:
    page = Page(
        number,
        rows=file.number(entries, LENGTH, 0),
        columns=file.number(entries, WIDTH, 0),
        bits=file.number(entries, BITS, 1),
        samples=file.number(entries, SAMPLES, 1),
        kind=file.number(entries, SAMPLE_FORMAT, 1),
        photometric=file.number(entries, PHOTOMETRIC, -1),
        compression=file.number(entries, COMPRESSION, 1),
        is_whole=not file.number(entries, SUBFILE, 0) & 0b101,  # a smaller copy, or a mask of transparency
    )
    if page.is_whole:
        _refuse_page(file, entries, page)
    return page


def _refuse_page(file: _File, entries: Entries, page: Page) -> None:
    path = file.path
    if page.rows < 1 or page.columns < 1 or page.photometric < 0:
        raise refuse(path, "has a page that does not state its size and meaning", AGAIN)
    if page.compression not in COMPRESSIONS:
        known = ", ".join(dict.fromkeys(COMPRESSIONS.values()))
        what = f"is packed in a way that is not read (TIFF compression {page.compression})"
        raise refuse(path, what, f"Save it again with one of these: {known}.")
    if page.kind not in (1, 2, 3) or not 1 <= page.bits <= 32:
        remedy = "Save it with integers of 8 or 16 bits, or floats of 32."
        raise refuse(path, f"holds numbers of {page.bits} bits (sample format {page.kind}), which are not read", remedy)
    if page.bits > 8 and page.samples > 1:
        remedy = "Save it with 8 bits a colour, or each colour as a grey page or file of its own."
        raise refuse(path, f"holds {page.samples} colours of {page.bits} bits, which are not read", remedy)
    if page.photometric == YCBCR and page.compression != JPEG:
        raise refuse(path, "holds colours as YCbCr without JPEG, which is not read", "Save it as RGB.")
    if page.photometric == WHITE_IS_ZERO and page.kind != 1:
        raise refuse(path, "holds signed numbers or floats where 0 is white", "Save it with 0 as black.")
    parts = max(entries[tag][1] for tag in (STRIPS, TILES) if tag in entries) if {STRIPS, TILES} & set(entries) else 0
    tile = file.number(entries, TILE_WIDTH, 1) * file.number(entries, TILE_LENGTH, 1)
    if not 1 <= parts <= MOST_PARTS or tile > max(LARGEST_TILE, page.rows * page.columns):
        raise refuse(path, f"has a page of {parts} strips or tiles, which can not be", AGAIN)


def _refuse_pages(path: Path, pages: Sequence[Page], size: int) -> None:
    other = next((page for page in pages if page.form != pages[0].form), None)
    if other is not None:
        what = f"has pages of different kinds: {pages[0]}, and page {other.number + 1} {other}"
        raise refuse(path, what, "Save each as a file of its own.")
    stored = sum(page.nbytes for page in pages if page.compression == 1)
    if stored > size:
        what = f"is cut short or has a false header: it declares {stored} bytes and has {size}"
        raise refuse(path, what, AGAIN)


def _spacing(file: _File, entries: Entries) -> float | None:
    """Millimetres a pixel, where the file states them by inch or centimetre and they look measured."""
    unit = MM_PER_UNIT.get(file.number(entries, UNIT, 0))
    across, down = file.ratio(entries, X_RESOLUTION), file.ratio(entries, Y_RESOLUTION)
    if unit is None or across <= 0 or not math.isclose(across, down, rel_tol=1e-3):
        return None
    spacing = unit / across
    is_default = any(math.isclose(25.4 / spacing, dots, rel_tol=0.015) for dots in SCREEN_AND_PRINT)
    return None if is_default or not FINEST_MM <= spacing <= COARSEST_MM else spacing
