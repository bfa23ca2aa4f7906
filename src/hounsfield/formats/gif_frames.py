"""The frames of a GIF file, counted without decoding them; a file that ends early or frames outside are refused.

Source: GIF89a (CompuServe, 1990).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hounsfield.values import refuse

AGAIN = "Copy or export it again from where it came from."
MOST_FRAMES = 4096
IMAGE, EXTENSION, END = b",", b"!", b";"


@dataclass(frozen=True)
class Frames:
    """How many, and whether all palettes hold nothing but greys."""

    count: int
    are_grey: bool


def read_frames(path: Path) -> Frames:
    """The frames of a GIF file. Refuses one that is cut short, or whose frames leave the picture."""
    with open(path, "rb") as file:
        head = _take(file, path, 13)
        columns, rows, flags = struct.unpack("<HHB", head[6:11])
        count, are_grey = 0, _is_grey(file, path, flags)
        while (kind := _take(file, path, 1)) != END:
            if kind == EXTENSION:
                _take(file, path, 1)
            elif kind == IMAGE:
                left, top, width, height, flags = struct.unpack("<HHHHB", _take(file, path, 9))
                if left + width > columns or top + height > rows or not width or not height:
                    what = f"has a frame that is empty or leaves its {columns}x{rows} pixels"
                    raise refuse(path, what, "Save its frames again, or as single pictures.")
                count += 1
                if count > MOST_FRAMES:
                    raise refuse(path, f"has more than the {MOST_FRAMES} frames that are read", "Split it.")
                are_grey &= _is_grey(file, path, flags)
                _take(file, path, 1)
            elif kind != b"\0":  # some programs pad with zeros
                raise refuse(path, "is damaged: between its frames is something else", AGAIN)
            if kind != b"\0":
                _pass_over_blocks(file, path)
    if not count:
        raise refuse(path, "holds no frame", AGAIN)
    return Frames(count, are_grey)


def _take(file: IO[bytes], path: Path, length: int) -> bytes:
    data = file.read(length)
    if len(data) < length:
        raise refuse(path, "is cut short", AGAIN)
    return data


def _is_grey(file: IO[bytes], path: Path, flags: int) -> bool:
    """Reads the palette that may follow: whether it holds nothing but greys."""
    colours = _take(file, path, 3 << ((flags & 7) + 1)) if flags >= 128 else b""
    return colours[::3] == colours[1::3] == colours[2::3]


def _pass_over_blocks(file: IO[bytes], path: Path) -> None:
    while length := _take(file, path, 1)[0]:
        _take(file, path, length)
