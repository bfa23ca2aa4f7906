"""What a picture's header promises, held against the file before its pixels are decoded.

PNG, JPEG, TIFF, GIF and BMP are told by content and not by name; each is opened by Pillow's reader of that kind alone.
"""

from __future__ import annotations

import logging
import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from hounsfield.formats.files import size_of
from hounsfield.formats.gif_frames import read_frames
from hounsfield.formats.picture_order import page_order
from hounsfield.formats.tiff_pages import Page, read_tiff
from hounsfield.values import Grid, MiB, refuse

SIGNATURES = {
    b"\x89PNG\r\n\x1a\n": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"II+\0": "TIFF",
    b"MM\0+": "TIFF",
    b"GIF87a": "GIF",
    b"GIF89a": "GIF",
    b"BM": "BMP",
}

MOST_PIXELS = 2**27
"""A page that declares more is refused before memory is taken (128 million; 384 MiB in colour)."""

ROOM, MOST_GROWTH = 64 * MiB, 500
"""Beyond this room, a picture may not unpack to more than so many times its file; photographs stay below 100."""

BYTES = {"1": 0.125, "L": 1, "LA": 2, "La": 2, "I;16": 2, "I;16B": 2, "I;16L": 2, "I;16N": 2, "I": 4, "F": 4}
COLOUR = ("P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr")  # 3 bytes a pixel, as they are given
ORIENTATION = 0x0112  # EXIF tag; 5 to 8 exchange rows and columns
AGAIN = "Copy or export it again from where it came from."

logging.getLogger("PIL").addHandler(logging.NullHandler())  # else what Pillow notes of a file goes to the terminal

DAMAGE = (
    OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error,
    LookupError, TypeError, ArithmeticError, AttributeError, AssertionError,
)  # fmt: skip
"""What Pillow raises on files that are not what they say."""


@dataclass(frozen=True, eq=False)
class PictureHeader:
    """A picture or a stack of them, known from its header.

    rows, columns: upright.  numbers: the file's pages, (channels, slices).  page: the form of a TIFF's pages.
    dtype: of one number as it is given.  spacing: millimetres a pixel, where the file states it.
    """

    path: Path
    kind: str
    rows: int
    columns: int
    is_colour: bool
    dtype: np.dtype
    numbers: NDArray[np.intp]
    page: Page | None
    spacing: float | None

    @property
    def channels(self) -> int:
        """Channels in all."""
        return len(self.numbers) * (3 if self.is_colour else 1)

    @cached_property
    def grid(self) -> Grid:
        """(row, column), or (row, column, slice) of unknown distances."""
        slices = self.numbers.shape[1]
        if slices == 1:
            return Grid.picture((self.rows, self.columns), self.spacing)
        return Grid((self.rows, self.columns, slices), np.eye(4), "px", "image")


def kind_of(path: Path) -> str:
    """PNG, JPEG, TIFF, GIF or BMP, by the first bytes. Refuses any other content."""
    size_of(path)
    try:
        with open(path, "rb") as file:
            head = file.read(8)
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", "Check the permissions of the file.") from None
    kind = next((kind for signature, kind in SIGNATURES.items() if head.startswith(signature)), None)
    if kind is None:
        raise refuse(path, "is no PNG, JPEG, TIFF, GIF or BMP picture, whatever its name says", AGAIN)
    return kind


def read_header(path: Path) -> PictureHeader:
    """The header of a picture. Refuses what can not be true, what would flood the memory, and what is not read."""
    path = Path(path)
    kind = kind_of(path)
    numbers, are_grey = np.zeros((1, 1), np.intp), False
    page: Page | None = None
    spacing: float | None = None
    if kind == "TIFF":
        tiff = read_tiff(path)
        page, spacing = tiff.pages[0], tiff.spacing
        order = page_order(path, tiff.description, len(tiff.pages), page.samples)
        numbers = np.array([one.number for one in tiff.pages], np.intp)[order]
    elif kind == "GIF":
        frames = read_frames(path)
        numbers, are_grey = np.arange(frames.count)[None], frames.are_grey
    with opened(path, kind) as picture:
        picture.seek(page.number if page else 0)
        mode, (rows, columns) = picture.mode, _upright(picture)
        _refuse_unread(path, kind, picture)
    decoded = int(rows * columns * numbers.size * BYTES.get(mode, 3))
    if decoded > ROOM and decoded > MOST_GROWTH * size_of(path):
        what = f"would unpack to {decoded // MiB} MiB from {size_of(path)} bytes, as bombs do and pictures do not"
        raise refuse(path, what, "Cut it into smaller pictures; save masks with 1 bit a pixel.")
    is_colour = (mode in COLOUR or kind == "GIF") and not are_grey
    return PictureHeader(path, kind, rows, columns, is_colour, _dtype(mode, page), numbers, page, spacing)


@contextmanager
def opened(path: Path, kind: str) -> Iterator[Any]:
    """Pillow's picture of a file; whatever fails in its header or its pixels is a refusal."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what Pillow warns of is either harmless or refused below
            # by a stream, not by name: Pillow would map a file it knows by name, and then turns the wrong way
            with open(path, "rb") as file, Pillow.open(file, formats=(kind,)) as picture:
                columns, rows = picture.size
                if columns * rows > MOST_PIXELS:
                    raise Pillow.DecompressionBombError
                yield picture
    except Pillow.DecompressionBombError:
        what = f"declares more pixels than the {MOST_PIXELS} that are read"
        raise refuse(path, what, "Cut it into smaller pictures.") from None
    except UnidentifiedImageError:
        raise refuse(path, f"is a {kind} of a form that is not read, or damaged", AGAIN) from None
    except DAMAGE as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise refuse(path, f"is cut short or damaged ({why})", AGAIN) from None


def states_rotation(picture: Any) -> bool:
    """Whether the header has metadata that may state a rotation; asking Pillow itself would decode a whole PNG."""
    return bool({"exif", "Raw profile type exif", "xmp"} & picture.info.keys())


def _upright(picture: Any) -> tuple[int, int]:
    """Rows and columns after the camera's rotation."""
    columns, rows = picture.size
    if picture.format == "TIFF" and ORIENTATION in picture.tag_v2:
        return rows, columns  # Pillow has turned this one already
    is_turned = states_rotation(picture) and picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
    return (columns, rows) if is_turned else (rows, columns)


def _dtype(mode: str, page: Page | None) -> np.dtype:
    if mode in COLOUR:
        return np.dtype(np.uint8)
    if page is not None:
        return page.dtype
    return np.dtype(np.uint16 if mode.startswith("I") else np.uint8)


def _refuse_unread(path: Path, kind: str, picture: Any) -> None:
    mode = picture.mode
    if mode not in BYTES and mode not in COLOUR:
        raise refuse(path, f"holds its colours as {mode}, which is not read", "Save it as RGB or as grey.")
    if kind == "PNG" and picture.is_animated:
        remedy = "Save its frames as single pictures, or as the pages of a TIFF."
        raise refuse(path, f"is an animation of {picture.n_frames} frames", remedy)
    if kind == "PNG" and mode in ("RGB", "RGBA") and ";16" in picture.tile[0][3]:
        remedy = "Save it with 8 bits a colour, or each colour as a grey picture of its own."
        raise refuse(path, "holds colours or transparency with 16 bits, which are not read", remedy)
    if mode == "CMYK" and kind == "JPEG" and "adobe" not in picture.info:
        what = "holds printer's colours (CMYK) and does not say whether they are inverted"
        raise refuse(path, what, "Save it as RGB.")
    if kind == "BMP":
        codec, _, offset, form = picture.tile[0]
        if codec != "raw":
            raise refuse(path, "is a BMP packed by run lengths, which is not read", "Save it as PNG.")
        bits = {"1": 1, "L": 8}.get(form[0], 0)
        if bits and form[1] != (picture.width * bits + 31) // 32 * 4:  # Pillow takes two greys for one bit
            raise refuse(path, "is a BMP with fewer greys than its bits hold, which is not read", "Save it as PNG.")
        if offset + form[1] * picture.height > size_of(path):
            raise refuse(path, "is cut short: it declares more pixels than it has bytes for", AGAIN)
