"""Pictures: PNG, JPEG, TIFF, GIF and BMP, told by content and not by name.

A picture is (C, row, column) in pixels, colours as stored: grey is 1 channel, RGB is 3 even where they are equal.
Palettes and printer's colours (CMYK) become RGB, the camera's rotation (EXIF) is applied, of several pictures in a JPEG
(MPO) the first counts. Opaque alpha is left out; real transparency is refused, since what lies under it is unknown, and
so are colours of 16 bits. Numbers keep their type: 1 (as 0 and 1), 8, 16 and 32 bits, signed, unsigned, floats.

Several pages of one size (TIFF, GIF) are a stack, as microscopes write them: (C, row, column, slice), channels and
slices told apart as ImageJ and OME note them, all in pixels since distances between slices are not stated. Thumbnails
and masks among the pages are passed over. Only TIFF by inch or centimetre states a spacing that is believed, and only
between 0.02 and 5 mm and where it is none of the usual numbers of screens and printers.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from hounsfield.formats.files import suffix_of, writing
from hounsfield.formats.picture_header import kind_of, read_header
from hounsfield.formats.picture_pixels import PagesSource, read_label_pages
from hounsfield.values import Grid, Image, refuse

WRITTEN = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".tif": "TIFF", ".tiff": "TIFF", ".bmp": "BMP"}
NAMED = {**WRITTEN, ".gif": "GIF"}


def read_grid(path: Path) -> Grid:
    """The grid of a picture or a stack, as it is read; only headers are looked at."""
    return read_header(path).grid


def read_image(path: Path) -> Image:
    """The picture (C, row, column), or the stack (C, row, column, slice), whose pages are decoded when asked for."""
    header = read_header(path)
    source = PagesSource(header)
    if header.grid.ndim == 3:
        return Image(source, header.grid)
    return Image.of(source.slab(0, 0, header.channels), header.grid)


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The label values (row, column[, slice]) as stored: a palette's numbers (VOC), 0 and 1 of a 1-bit mask.

    A palette of nothing but greys, and any of a GIF, stands for what it shows, as programs order those as they like.
    Three equal colours count as one. A JPEG of black and white is cut in the middle. Refuses colours that differ, and
    a JPEG of more values whose numbers are smeared.
    """
    header = read_header(path)
    return read_label_pages(header), header.grid


def misnamed(path: Path) -> str:
    """What a picture really is where its name says another kind ("JPEG" of a file named .png), else ""."""
    kind = kind_of(Path(path))
    return "" if NAMED.get(suffix_of(Path(path)), kind) == kind else kind


def write_picture(path: Path, array: NDArray[Any]) -> None:
    """Write (row, column) or (C, row, column) with 1 or 3 channels, uint8 or (grey only) uint16, by the name's kind."""
    channels = array[None] if array.ndim == 2 else array
    if suffix_of(Path(path)) not in WRITTEN:
        raise refuse(path, "is no name of a picture that is written", f"Let it end in {', '.join(WRITTEN)}.")
    fits = channels.dtype == np.uint8 or (channels.dtype == np.uint16 and len(channels) == 1)
    if channels.ndim != 3 or len(channels) not in (1, 3) or not fits:
        what = f"can not hold {len(channels)} channels of {channels.dtype}"
        raise refuse(path, what, "Give grey or RGB of 8 bits, or grey of 16 bits; NIfTI holds the rest.")
    pixels = channels[0] if len(channels) == 1 else np.moveaxis(channels, 0, -1)
    with writing(Path(path)):
        _to_pillow(np.ascontiguousarray(pixels)).save(path)


def write_labels(path: Path, array: NDArray[Any]) -> None:
    """Write label values (row, column) as a grey picture of 8 or 16 bits, whichever holds them; never as JPEG."""
    if WRITTEN.get(suffix_of(Path(path))) == "JPEG":
        raise refuse(path, "is the name of a JPEG, which does not keep label values", "Let it end in .png.")
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    if low < 0 or high > 65535:
        raise refuse(path, f"can not hold the labels {low} to {high}", "Write .nii.gz, or number them 0 to 65535.")
    write_picture(path, array.astype(np.uint8 if high < 256 else np.uint16))


def _to_pillow(pixels: NDArray[Any]) -> Pillow.Image:
    if pixels.dtype == np.uint16:  # Pillow's own way leads to 32 bits
        return Pillow.frombytes("I;16", pixels.shape[::-1], pixels.astype("<u2").tobytes())
    return Pillow.fromarray(pixels)
