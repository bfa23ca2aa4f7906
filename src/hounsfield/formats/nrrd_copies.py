"""An NRRD once more with another grid or other labels: all else that its header says stays as it is.

For volumes of three axes in space and no others, in a file that holds both header and numbers. What Slicer writes of
segments stays: it stands in key/value pairs.
"""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import writing
from hounsfield.formats.label_values import smallest
from hounsfield.formats.nrrd_header import LPS_OF, TYPES, header_fields, read_header
from hounsfield.formats.text_header import spelled
from hounsfield.values import Grid

PLACE = ("spacings", "axis mins", "axis maxs", "thicknesses", "space dimension", "space units")
"""Fields that say where a volume lies in another way than directions and an origin do."""

LATEST = b"NRRD0004"  # the first version that names a space


def can_copy(path: Path) -> bool:
    """Whether a file is such a volume, without a frame of measurement, which would have to be turned as well."""
    volume, (fields, _) = read_header(path), header_fields(path)
    is_volume = fields["sizes"].split() == [*map(str, volume.grid.shape)] and volume.channel_axis is None
    is_in_space = "none" not in fields.get("spacedirections", "").lower()
    return is_volume and is_in_space and not {"measurementframe", "datafile"} & fields.keys()


def copy_on_grid(path: Path, to: Path, grid: Grid) -> None:
    """Write the file with another grid of the same shape; its numbers stay as they are, to the byte."""
    if grid.shape != read_header(path).grid.shape:
        raise ValueError(f"{path} can not be put on {grid}")
    _, end = header_fields(path)
    header = _header(path, _placed(path, grid))
    with writing(to), open(path, "rb") as old, open(to, "wb") as new:
        old.seek(end)
        new.write(header)
        shutil.copyfileobj(old, new)


def copy_with_labels(path: Path, to: Path, array: NDArray[Any], grid: Grid | None = None) -> None:
    """Write the file with label values (*grid.shape) in the smallest type of integers, on its own grid or another."""
    array = smallest(array)
    numbers = {
        "type": TYPES[array.dtype.str[1:]][0],
        "sizes": " ".join(map(str, array.shape)),
        "encoding": "gzip",
        "endian": "little",
        "byte skip": None,
        "line skip": None,
    }
    header = _header(path, numbers | ({} if grid is None else _placed(path, grid)))
    with writing(to), open(to, "wb") as file:
        file.write(header)
        with gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
            for k in range(array.shape[-1]):
                packed.write(array[..., k].astype(array.dtype.newbyteorder("<")).tobytes(order="F"))


def _placed(path: Path, grid: Grid) -> dict[str, str | None]:
    """The fields that put the file on a grid, in the space that it names; LPS where it names none."""
    fields, _ = header_fields(path)
    space = fields.get("space") or "left-posterior-superior"
    affine = LPS_OF[space.lower()] * (np.array([[-1.0], [-1.0], [1.0], [1.0]]) * grid.affine) + 0.0
    vectors = [f"({','.join(spelled(step).split())})" for step in affine[:3].T]
    place = {"space": space, "space directions": " ".join(vectors[:3]), "space origin": vectors[3]}
    return {**dict.fromkeys(PLACE), **place}


def _header(path: Path, changes: Mapping[str, str | None]) -> bytes:
    """The header with these fields changed, or left out where they are None; new ones come last."""
    _, end = header_fields(path)
    with open(path, "rb") as file:
        version, *lines = file.read(end).splitlines(keepends=True)
    waiting = {name.replace(" ", ""): (name, value) for name, value in changes.items()}
    written = [version.replace(version[:8], max(version[:8], LATEST))]
    for line in lines[:-1]:  # the last one is empty
        name, colon, value = line.partition(b":")
        key = name.strip().lower().replace(b" ", b"").decode("utf-8", "replace")
        if colon and not value.startswith(b"=") and not line.startswith(b"#") and key in waiting:
            told, new = waiting.pop(key)
            line = b"" if new is None else f"{told}: {new}\n".encode()
        written.append(line)
    written += [f"{name}: {value}\n".encode() for name, value in waiting.values() if value is not None]
    return b"".join([*written, b"\n"])
