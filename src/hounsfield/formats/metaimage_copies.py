"""A MetaImage once more with another grid or other labels: all else that its header says stays as it is.

For volumes of three axes and one channel, in a file that holds both header and numbers.
"""

from __future__ import annotations

import shutil
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import writing
from hounsfield.formats.label_values import smallest
from hounsfield.formats.metaimage_header import (
    BIG_ENDIAN,
    LAST,
    MATRIX,
    OFFSET,
    SPACING,
    TYPES,
    header_fields,
    read_header,
)
from hounsfield.formats.orientation import RAS_OF_LPS
from hounsfield.formats.text_header import spelled
from hounsfield.values import Grid

SCALING = ("ElementToIntensityFunctionSlope", "ElementToIntensityFunctionOffset", "ElementMin", "ElementMax")


def can_copy(path: Path) -> bool:
    """Whether a file is such a volume."""
    fields, _ = header_fields(path)
    return (
        fields.get("NDims") == "3"
        and fields.get("ElementNumberOfChannels", "1") == "1"
        and fields[LAST].upper() == "LOCAL"
    )


def copy_on_grid(path: Path, to: Path, grid: Grid) -> None:
    """Write the file with another grid of the same shape; its numbers and their scaling stay as they are."""
    if grid.shape != read_header(path).grid.shape:
        raise ValueError(f"{path} can not be put on {grid}")
    _, end = header_fields(path)
    header = _header(path, _placed(grid))
    with writing(to), open(path, "rb") as old, open(to, "wb") as new:
        old.seek(end)
        new.write(header)
        shutil.copyfileobj(old, new)


def copy_with_labels(path: Path, to: Path, array: NDArray[Any], grid: Grid | None = None) -> None:
    """Write the file with label values (*grid.shape) in the smallest type of integers, on its own grid or another."""
    array = smallest(array)
    engine = zlib.compressobj(1)
    dtype = array.dtype.newbyteorder("<")
    slices = (array[..., k].astype(dtype).tobytes(order="F") for k in range(array.shape[-1]))
    packed = b"".join([*map(engine.compress, slices), engine.flush()])
    numbers = {
        **dict.fromkeys((*BIG_ENDIAN, *SCALING, "HeaderSize")),
        "DimSize": " ".join(map(str, array.shape)),
        "ElementType": TYPES[array.dtype.str[1:]],
        "BinaryData": "True",
        "BinaryDataByteOrderMSB": "False",
        "CompressedData": "True",
        "CompressedDataSize": str(len(packed)),
    }
    header = _header(path, numbers | ({} if grid is None else _placed(grid)))
    with writing(to):
        to.write_bytes(header + packed)


def _placed(grid: Grid) -> dict[str, str | None]:
    """The fields that put a volume on a grid, each under one of the names that it may have."""
    affine = RAS_OF_LPS * grid.affine + 0.0
    return {
        **dict.fromkeys((*OFFSET, *MATRIX, *SPACING, "AnatomicalOrientation")),
        "TransformMatrix": spelled((affine[:3, :3] / np.array(grid.spacing)).T.ravel()),
        "Offset": spelled(affine[:3, 3]),
        "ElementSpacing": spelled(grid.spacing),
    }


def _header(path: Path, changes: Mapping[str, str | None]) -> bytes:
    """The header with these fields changed, or left out where they are None; the one that must be last stays so."""
    _, end = header_fields(path)
    with open(path, "rb") as file:
        *lines, last = file.read(end).splitlines(keepends=True)
    waiting, written = dict(changes), list[bytes]()
    for line in lines:
        key = line.partition(b"=")[0].strip().decode("utf-8", "replace")
        if key in waiting:
            value = waiting.pop(key)
            line = b"" if value is None else f"{key} = {value}\n".encode()
        written.append(line)
    written += [f"{key} = {value}\n".encode() for key, value in waiting.items() if value is not None]
    return b"".join([*written, last])
