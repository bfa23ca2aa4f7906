"""A NIfTI file once more with another grid or other labels: all else that its header says stays as it is.

For files that hold both header and numbers; in whatever packing and byte order the file has.
"""

from __future__ import annotations

import gzip
import io
import struct
import sys
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, cast

from numpy.typing import NDArray

from hounsfield.formats.files import writing
from hounsfield.formats.label_values import smallest
from hounsfield.formats.nifti import state_grid
from hounsfield.formats.nifti_header import COMMENT, GRID_NOTE, data_file, raw_header, read_header
from hounsfield.values import Grid, MiB

EXTENDED = b"\x01\0\0\0"


def can_copy(path: Path) -> bool:
    """Whether a file is such a one, and no half of a pair."""
    return data_file(path) == path


def copy_on_grid(path: Path, to: Path, grid: Grid) -> None:
    """Write the file with another grid of the same shape; its numbers and their scaling stay as they are, to the bit.

    Raises ValueError for a grid of another shape.
    """
    header = read_header(path)
    if grid.shape != header.grid.shape:
        raise ValueError(f"{path} lies on {header.grid} and can not be put on {grid}")
    raw = _placed(path, grid)
    with _opened(path) as stream:
        extensions = _others(raw, stream.read(_offset(path)))
        _write(to, raw, extensions, iter(partial(stream.read, MiB), b""), packed=header.stored.packing == "gzip")


def copy_with_labels(path: Path, to: Path, array: NDArray[Any], grid: Grid | None = None) -> None:
    """Write the file with label values (*grid.shape) in the smallest type of integers, on its own grid or another."""
    header, array = read_header(path), smallest(array)
    raw = raw_header(path) if grid is None else _placed(path, grid)
    if array.shape != header.grid.shape:
        raw.set_data_shape(array.shape)
    raw.set_data_dtype(array.dtype)
    raw.set_slope_inter(1, 0)
    with _opened(path) as stream:
        top = stream.read(_offset(path))
    extensions = _old(raw, top) if grid is None else _others(raw, top)
    slices = (array[..., k].astype(raw.get_data_dtype()).tobytes(order="F") for k in range(array.shape[-1]))
    _write(to, raw, extensions, slices, packed=header.stored.packing == "gzip")


def _placed(path: Path, grid: Grid) -> Any:
    """The fields of a file's header with another grid; what is too exact for them is among its `extensions`."""
    raw = raw_header(path)
    raw["qform_code"] = raw["sform_code"] = 0
    raw["pixdim"][1:4] = grid.spacing
    raw.set_xyzt_units(1, 1)
    raw["xyzt_units"] = 2 + (int(raw_header(path)["xyzt_units"]) & 0b111000)  # millimetres; time as it was
    state_grid(raw, grid)
    return raw


def _offset(path: Path) -> int:
    stored = read_header(path).stored
    return stored.start + stored.skip


def _old(raw: Any, top: bytes) -> bytes:
    """The extensions of a file as they stand between its header and its numbers."""
    start = int(raw["sizeof_hdr"])
    return top[start + 4 :] if top[start : start + 1] not in (b"", b"\0") else b""


def _others(raw: Any, top: bytes) -> bytes:
    """The extensions without our own note of a grid, and with the one that is to be there now, which comes first."""
    old = _old(raw, top)
    if len(old) >= 8:
        size, code = struct.unpack(f"{raw.endianness}ii", old[:8])
        if code == COMMENT and old[8:].startswith(GRID_NOTE.encode()):
            old = old[size:]
    new = io.BytesIO()
    for extension in raw.extensions:
        extension.write_to(new, (raw.endianness == "<") != (sys.byteorder == "little"))
    return new.getvalue() + old


def _write(to: Path, raw: Any, extensions: bytes, numbers: Iterable[bytes], *, packed: bool) -> None:
    raw["vox_offset"] = int(raw["sizeof_hdr"]) + 4 + len(extensions)
    with writing(to), ExitStack() as stack:
        file: IO[bytes] = stack.enter_context(open(to, "wb"))
        if packed:
            file = cast(IO[bytes], stack.enter_context(gzip.GzipFile("", "wb", 1, file, mtime=0)))
        file.write(raw.binaryblock + (EXTENDED if extensions else bytes(4)) + extensions)
        for part in numbers:
            file.write(part)


@contextmanager
def _opened(path: Path) -> Iterator[IO[bytes]]:
    """The bytes of the file, unpacked."""
    packing = read_header(path).stored.packing
    with gzip.open(path, "rb") if packing == "gzip" else open(path, "rb") as stream:
        yield cast(IO[bytes], stream)
