"""Pictures written out by hand, byte by byte, so that what must come out is known without any library."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

CODES = {1: "B", 3: "H", 4: "I", 5: "II", 16: "Q"}
Tags = Mapping[int, tuple[int, Any]]  # tag -> type, bytes or values

WIDTH, LENGTH, BITS, COMPRESSION, PHOTOMETRIC, DESCRIPTION, STRIP, ORIENTATION = 256, 257, 258, 259, 262, 270, 273, 274
SAMPLES, ROWS_PER_STRIP, BYTE_COUNTS, X_RESOLUTION, Y_RESOLUTION, UNIT, FORMAT = 277, 278, 279, 282, 283, 296, 339


def grey_page(array: NDArray[Any], order: str = "<", **more: Any) -> tuple[Tags, bytes]:
    """The tags and the bytes of a page (row, column) without compression; `more` by tag names of this module."""
    kind = {"u": 1, "i": 2, "f": 3}[array.dtype.kind]
    tags = {
        WIDTH: (4, [array.shape[1]]),
        LENGTH: (4, [array.shape[0]]),
        BITS: (3, [8 * array.dtype.itemsize]),
        COMPRESSION: (3, [1]),
        PHOTOMETRIC: (3, [1]),
        SAMPLES: (3, [1]),
        ROWS_PER_STRIP: (4, [array.shape[0]]),
        FORMAT: (3, [kind]),
    }
    tags |= {globals()[name]: value for name, value in more.items()}
    return tags, array.astype(array.dtype.newbyteorder(order)).tobytes()


def tiff(pages: Sequence[tuple[Tags, bytes]], *, order: str = "<", big: bool = False, circle: bool = False) -> bytes:
    """A TIFF file of pages with one strip each; the last page leads back to the first where it is a circle."""
    pointer, room = ("Q", 8) if big else ("I", 4)
    out = bytearray((b"II" if order == "<" else b"MM") + struct.pack(f"{order}H", 43 if big else 42))
    if big:
        out += struct.pack(f"{order}HH", 8, 0)
    patch, first = len(out), 0
    out += bytes(room)
    for tags, pixels in pages:
        entries = {STRIP: (4, [len(out)]), BYTE_COUNTS: (4, [len(pixels)]), **tags}
        out += pixels + bytes(len(pixels) % 2)
        packed = []
        for tag, (kind, values) in sorted(entries.items()):
            data = values
            if not isinstance(values, bytes):
                each = [value if isinstance(value, tuple) else (value,) for value in values]
                data = b"".join(struct.pack(f"{order}{CODES[kind]}", *value) for value in each)
            if len(data) > room:
                at = len(out)
                out += data
                data = struct.pack(f"{order}{pointer}", at)
            head = struct.pack(f"{order}HH{'Q' if big else 'I'}", tag, kind, len(values))
            packed.append(head + data.ljust(room, b"\0"))
        first = first or len(out)
        out[patch : patch + room] = struct.pack(f"{order}{pointer}", len(out))
        out += struct.pack(f"{order}{'Q' if big else 'H'}", len(packed)) + b"".join(packed)
        patch = len(out)
        out += bytes(room)
    if circle:
        out[patch : patch + room] = struct.pack(f"{order}{pointer}", first)
    return bytes(out)


def chunk(kind: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    columns: int, rows: int, depth: int, colour: int, lines: Sequence[bytes] = (), chunks: Sequence[bytes] = ()
) -> bytes:
    """A PNG of lines that are not filtered. colour: 0 grey, 2 RGB, 3 palette, 4 grey and alpha, 6 RGBA."""
    head = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + line for line in lines))
    parts = [chunk(b"IHDR", head), *chunks, chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def gif(columns: int, rows: int, frames: Sequence[tuple[int, int, int, int]]) -> bytes:
    """A GIF with a black and white palette whose frames (left, top, width, height) are black."""
    out = b"GIF89a" + struct.pack("<HHBBB", columns, rows, 0x80, 0, 0) + bytes(3) + b"\xff\xff\xff"
    for left, top, width, height in frames:
        out += b"," + struct.pack("<HHHHB", left, top, width, height, 0) + _black(width * height)
    return out + b";"


def _black(pixels: int) -> bytes:
    """So many pixels of colour 0 in GIF's LZW, with a new dictionary before each: codes of 3 bits, 4 clears, 5 ends."""
    bits = [code for _ in range(pixels) for code in (4, 0)] + [5]
    number = sum(code << 3 * place for place, code in enumerate(bits))
    data = number.to_bytes((3 * len(bits) + 7) // 8, "little")
    blocks = [data[at : at + 255] for at in range(0, len(data), 255)]
    return b"\x02" + b"".join(bytes([len(block)]) + block for block in blocks) + b"\0"
