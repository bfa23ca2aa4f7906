"""MetaImage, .mha and .mhd: images, vector fields and label maps, as ITK and elastix write them.

The world is turned to RAS millimetres; arrays keep the file's axis order. Channels are interleaved in the file, or its
fourth axis. Numbers are mapped where they are raw, else unpacked once, when they are first asked for.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import suffix_of, writing
from hounsfield.formats.label_values import label_values, smallest
from hounsfield.formats.metaimage_header import TYPES, data_file, read_header
from hounsfield.formats.orientation import RAS_OF_LPS, refuse_other_worlds
from hounsfield.formats.storing import bytes_of, storable
from hounsfield.formats.text_header import spelled
from hounsfield.values import Grid, Image, refuse

PLACE = "0" * 20  # for a number that is known when all is written


def read_grid(path: Path) -> Grid:
    """The grid of a MetaImage; only its header is read."""
    return read_header(Path(path)).grid


def read_image(path: Path) -> Image:
    """The image of a MetaImage in real units, lazily."""
    return read_header(Path(path)).image()


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The label values of a MetaImage, in the smallest type of integers that holds them, and their grid."""
    volume = read_header(Path(path))
    return label_values(volume), volume.grid


def files_of(path: Path) -> tuple[Path, ...]:
    """The file itself, and the one that its header keeps the numbers in."""
    return tuple(dict.fromkeys((Path(path), data_file(Path(path)))))


def write_image(path: Path, image: Image) -> None:
    """Write an image in one file, packed; read back, its numbers are equal and its grid is to the last digit or two.

    The format keeps spacing and direction apart, and their product is rounded.
    """
    _write(Path(path), image.array(image.source.dtype), image.grid)


def write_labels(path: Path, array: NDArray[Any], grid: Grid) -> None:
    """Write label values in the smallest unsigned type that holds them."""
    _write(Path(path), smallest(array)[None], grid)


def _write(path: Path, channels: NDArray[Any], grid: Grid) -> None:
    """Write (C, i, j, k). The bytes depend on nothing but the content."""
    if suffix_of(path) not in (".mha", ".mhd"):
        raise refuse(path, "is no name of a MetaImage", "Let it end in .mha.")
    refuse_other_worlds(path, grid)
    channels, code = storable(channels, TYPES)
    affine = RAS_OF_LPS * grid.affine
    directions = affine[:3, :3] / np.array(grid.spacing)
    lines = (
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = True",
        f"CompressedDataSize = {PLACE}",  # ITK does not read it without
        f"TransformMatrix = {spelled(directions.T.ravel())}",
        f"Offset = {spelled(affine[:3, 3])}",
        "CenterOfRotation = 0 0 0",
        f"ElementSpacing = {spelled(grid.spacing)}",
        f"DimSize = {' '.join(map(str, grid.shape))}",
        *([f"ElementNumberOfChannels = {len(channels)}"] if len(channels) > 1 else []),
        f"ElementType = {TYPES[code]}",
        "ElementDataFile = LOCAL",
    )
    text = ("\n".join(lines) + "\n").encode()
    with writing(path), open(path, "wb") as file:
        file.write(text)
        engine = zlib.compressobj(1)
        for part in bytes_of(channels, code):
            file.write(engine.compress(part))
        file.write(engine.flush())
        size = file.tell() - len(text)
        file.seek(text.index(PLACE.encode()))
        file.write(f"{size:<{len(PLACE)}}".encode())
