"""PNG and JPEG pictures, told by content and not by name.

A picture is (C, row, column) in pixels, colours as stored: grey is 1 channel, RGB is 3 even where they are equal.
Palettes become RGB, alpha is left out, the camera's rotation (EXIF) is applied. Colour of 16 bits is read as 8.
"""

from __future__ import annotations

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageOps, UnidentifiedImageError

from hounsfield.formats.files import size_of, writing
from hounsfield.values import Grid, Image, refuse

MOST_PIXELS = 2**27
"""A picture that declares more is refused before memory is taken (128 million; 384 MiB in colour)."""

ORIENTATION = 0x0112  # EXIF tag; 5 to 8 exchange rows and columns
GREY = ("1", "L", "I;16", "I;16B", "I")


def read_grid(path: Path) -> Grid:
    """The grid of a picture, as it is read; only its header is looked at."""
    with _opened(Path(path)) as picture:
        columns, rows = picture.size
        turned = _states_rotation(picture) and picture.getexif().get(ORIENTATION, 1) in (5, 6, 7, 8)
        return Grid.picture((columns, rows) if turned else (rows, columns))


def read_image(path: Path) -> Image:
    """The picture (C, row, column), uint8 or uint16."""
    with _opened(Path(path)) as picture:
        array = _pixels(picture)
    channels = array[None] if array.ndim == 2 else np.moveaxis(array, -1, 0)
    return Image.of(np.ascontiguousarray(channels), Grid.picture(channels.shape[1:]))


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The label values (row, column) of a PNG, as stored: a palette's numbers, 0 and 1 of a 1-bit mask.

    Three equal colours count as one. Refuses colours that differ, and JPEG, which does not keep values.
    """
    with _opened(Path(path)) as picture:
        if picture.format == "JPEG":
            raise refuse(path, "is a JPEG, which does not keep label values", "Save masks as PNG.")
        array = np.asarray(picture) if picture.mode == "P" else _pixels(picture)
    if array.ndim == 3:
        if np.any(array != array[..., :1]):
            raise refuse(path, "is a colour picture, not a label map", "Give one number for each pixel (grey PNG).")
        array = array[..., 0]
    return np.ascontiguousarray(array), Grid.picture(array.shape)


def write_picture(path: Path, array: NDArray[Any]) -> None:
    """Write (row, column) or (C, row, column) with 1 or 3 channels, uint8 or (grey only) uint16, as PNG or JPEG."""
    channels = array[None] if array.ndim == 2 else array
    fits = channels.dtype == np.uint8 or (channels.dtype == np.uint16 and len(channels) == 1)
    if len(channels) not in (1, 3) or not fits:
        what = f"can not hold {len(channels)} channels of {channels.dtype}"
        raise refuse(path, what, "Give grey or RGB of 8 bits, or grey of 16 bits; NIfTI holds the rest.")
    pixels = channels[0] if len(channels) == 1 else np.moveaxis(channels, 0, -1)
    with writing(Path(path)):
        Pillow.fromarray(np.ascontiguousarray(pixels)).save(path)


def write_labels(path: Path, array: NDArray[Any]) -> None:
    """Write label values (row, column) as grey PNG of 8 or 16 bits, whichever holds them."""
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    if low < 0 or high > 65535:
        raise refuse(path, f"can not hold the labels {low} to {high}", "Write .nii.gz, or number them 0 to 65535.")
    write_picture(path, array.astype(np.uint8 if high < 256 else np.uint16))


@contextmanager
def _opened(path: Path) -> Iterator[Pillow.Image]:
    """A picture whose header was read; whatever fails in its pixels is a refusal too."""
    size_of(path)
    again = "Copy or export it again from where it came from."
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Pillow.DecompressionBombWarning)  # our own limit stands below
            picture = Pillow.open(path, formats=("PNG", "JPEG"))
        with picture:
            columns, rows = picture.size
            if columns * rows > MOST_PIXELS:
                raise Pillow.DecompressionBombError
            yield picture
    except Pillow.DecompressionBombError:
        what = f"declares more pixels than the {MOST_PIXELS} that are read"
        raise refuse(path, what, "Cut it into smaller pictures.") from None
    except UnidentifiedImageError:
        raise refuse(path, "is no PNG or JPEG picture, whatever its name says", again) from None
    except (OSError, SyntaxError, ValueError, EOFError, struct.error, zlib.error) as error:
        raise refuse(path, f"is cut short or damaged ({error})", again) from None


def _states_rotation(picture: Pillow.Image) -> bool:
    """Whether the header has metadata that may state a rotation; asking Pillow itself would decode a whole PNG."""
    return bool({"exif", "Raw profile type exif", "xmp"} & picture.info.keys())


def _pixels(picture: Pillow.Image) -> NDArray[Any]:
    """(row, column) or (row, column, 3) as stored, upright."""
    if _states_rotation(picture):
        picture = ImageOps.exif_transpose(picture)
    if picture.mode in ("LA", "La"):
        picture = picture.convert("L")
    elif picture.mode not in GREY:
        picture = picture.convert("RGB")
    array = np.asarray(picture)
    if array.dtype == bool:
        return array.astype(np.uint8)
    if array.dtype not in (np.uint8, np.uint16):  # Pillow's 32-bit mode: PNG holds 16 bits at most
        return array.astype(np.uint16)
    return array
