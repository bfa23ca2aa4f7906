"""NRRD, .nrrd and .nhdr: images and label maps, as Slicer and ITK write them.

The world is turned to RAS millimetres; arrays keep the file's axis order. The one axis outside of space, wherever it
stands, is the channels. Numbers are mapped where they are raw, else unpacked once, when they are first asked for.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import suffix_of, writing
from hounsfield.formats.label_values import label_values, smallest
from hounsfield.formats.nrrd_header import TYPES, data_file, read_header
from hounsfield.formats.orientation import refuse_other_worlds
from hounsfield.formats.storing import bytes_of, storable
from hounsfield.formats.text_header import spelled
from hounsfield.values import Grid, Image, refuse


def read_grid(path: Path) -> Grid:
    """The grid of an NRRD file; only its header is read."""
    return read_header(Path(path)).grid


def read_image(path: Path) -> Image:
    """The image of an NRRD file, lazily."""
    return read_header(Path(path)).image()


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The label values of an NRRD file, in the smallest type of integers that holds them, and their grid."""
    volume = read_header(Path(path))
    return label_values(volume), volume.grid


def files_of(path: Path) -> tuple[Path, ...]:
    """The file itself, and the one that its header keeps the numbers in."""
    return tuple(dict.fromkeys((Path(path), data_file(Path(path)))))


def write_image(path: Path, image: Image) -> None:
    """Write an image in one file, packed by gzip; read back, it is equal to the bit."""
    _write(Path(path), image.array(image.source.dtype), image.grid)


def write_labels(path: Path, array: NDArray[Any], grid: Grid) -> None:
    """Write label values in the smallest unsigned type that holds them; read back, the grid is equal to the bit."""
    _write(Path(path), smallest(array)[None], grid)


def _write(path: Path, channels: NDArray[Any], grid: Grid) -> None:
    """Write (C, i, j, k). The bytes depend on nothing but the content."""
    if suffix_of(path) not in (".nrrd", ".nhdr"):
        raise refuse(path, "is no name of an NRRD file", "Let it end in .nrrd.")
    refuse_other_worlds(path, grid)
    channels, code = storable(channels, TYPES)
    several = len(channels) > 1
    vectors = [f"({','.join(spelled(step).split())})" for step in grid.affine[:3].T]
    lines = (
        "NRRD0004",
        f"type: {TYPES[code][0]}",
        f"dimension: {3 + several}",
        "space: right-anterior-superior",
        f"sizes: {' '.join(map(str, channels.shape[0 if several else 1 :]))}",
        f"space directions: {'none ' * several}{' '.join(vectors[:3])}",
        f"kinds: {'vector ' * several}domain domain domain",
        "endian: little",
        "encoding: gzip",
        f"space origin: {vectors[3]}",
    )
    with writing(path), open(path, "wb") as file:
        file.write(("\n".join(lines) + "\n\n").encode())
        with gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
            for part in bytes_of(channels, code):
                packed.write(part)
