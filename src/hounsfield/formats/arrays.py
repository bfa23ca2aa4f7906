"""Arrays in .npy and .npz files, without objects: nothing that is read here can run code.

As an image file, an array of two axes is (row, column), one of three is (i, j, k), or (row, column, colour) where the
last axis is 3 long; nothing tells spacing or orientation, so the grid is in pixels.

Source: the NPY format, numpy.lib.format, versions 1.0 to 3.0.
"""

from __future__ import annotations

import math
import tokenize
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from hounsfield.formats.files import reading, size_of, unpack, writing
from hounsfield.formats.label_values import whole_numbers
from hounsfield.formats.zipped import list_members as list_zip
from hounsfield.formats.zipped import open_member
from hounsfield.values import Grid, Image, refuse

AGAIN = "Download or save it again."
FALSE_HEADER = (
    ValueError, EOFError, SyntaxError, TypeError, LookupError, ArithmeticError, AttributeError,
    RecursionError, MemoryError, tokenize.TokenError,
)  # fmt: skip
"""What numpy raises on a header that is none: it is a line of Python's literals."""


@dataclass(frozen=True)
class Member:
    """An array in a file, known from its header."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype
    fortran: bool


def list_members(path: Path) -> dict[str, Member]:
    """Name -> shape and type of each array in a .npz (or of the one in a .npy, named ""); no numbers are read."""
    path = Path(path)
    return {name: _member_header(path, name) for name in _names(path)}


def read_member(path: Path, name: str = "") -> NDArray[Any]:
    """One array of a .npz by its name, or the array of a .npy. Large ones are mapped: a .npy as it is."""
    path = Path(path)
    if name not in _names(path):
        known = ", ".join(_names(path))
        raise refuse(path, f"has no array {name!r}", f"Name one of {known}.")
    with _stream(path, name) as (stream, size):
        member = _header(stream, size, path, name)
        nbytes = math.prod(member.shape) * member.dtype.itemsize
        try:
            if name or not nbytes:
                data = unpack(stream, nbytes, where=_where(path, name))
            else:
                data = np.memmap(path, np.uint8, "r", stream.tell(), (nbytes,))
        except (EOFError, ValueError):  # the second from mapping what is not there
            raise refuse(_where(path, name), "is cut short", AGAIN) from None
    order = "F" if member.fortran else "C"
    return data.view(member.dtype).reshape(member.shape, order=order)  # type: ignore[call-overload, no-any-return]


def read_grid(path: Path) -> Grid:
    """The grid of the one array in a file; only its header is read."""
    member = _only(Path(path))
    return pixel_grid(path, spatial(member.shape))


def read_image(path: Path) -> Image:
    """The one array of a file as an image, in its own type of numbers."""
    member = _only(Path(path))
    grid = pixel_grid(path, spatial(member.shape))
    array = read_member(path, member.name)
    native = array.astype(np.uint8 if array.dtype.kind == "b" else array.dtype.newbyteorder("="), copy=False)
    return Image.of(np.moveaxis(native, -1, 0) if native.ndim > grid.ndim else native, grid)


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The one array of a file as label values. Refuses fractions and NaN."""
    member = _only(Path(path))
    grid = pixel_grid(path, member.shape)
    return whole_numbers(path, read_member(path, member.name)), grid


def write_members(path: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
    """Write arrays by name to a packed .npz; the bytes depend on nothing but the content. Objects are a ValueError."""
    with writing(path), zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                npy.write_array(member, array, allow_pickle=False)


def spatial(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its colours: 3 behind two other axes."""
    return shape[:2] if len(shape) == 3 and shape[-1] == 3 else shape


def pixel_grid(where: object, shape: tuple[int, ...]) -> Grid:
    """The grid of an array that states no spacing: (row, column) or (i, j, k). Refuses any other number of axes."""
    if len(shape) not in (2, 3) or min(shape) < 1:
        what = f"has the shape {'x'.join(map(str, shape)) or 'of a single number'}, which is no image"
        raise refuse(where, what, "Give 2 axes, or 3, all of them longer than 0.")
    return Grid.picture(shape) if len(shape) == 2 else Grid(shape, np.eye(4), "px", "image")


def _only(path: Path) -> Member:
    members = list_members(path)
    if len(members) != 1:
        some = ", ".join(list(members)[:6]) or "none"
        raise refuse(path, f"holds {len(members)} arrays ({some}); an image file has one", "Save each by itself.")
    member = next(iter(members.values()))
    if member.dtype.kind not in "iufb":
        raise refuse(path, f"holds {member.dtype}, which is no image", "Save integers or floats.")
    return member


def _names(path: Path) -> tuple[str, ...]:
    size_of(path)
    with reading(path), open(path, "rb") as file:
        first = file.read(6)
    if first == b"\x93NUMPY":
        return ("",)
    if first[:4] != b"PK\x03\x04":
        raise refuse(path, "is no .npy or .npz file: its first bytes are others", "Is it the right file?")
    return tuple(name.removesuffix(".npy") for name in list_zip(path) if name.endswith(".npy"))


def _where(path: Path, name: str) -> str:
    return f"{path}::{name}" if name else str(path)


@contextmanager
def _stream(path: Path, name: str) -> Iterator[tuple[IO[bytes], int]]:
    if name:
        with open_member(path, f"{name}.npy") as opened:
            yield opened
    else:
        with reading(path), open(path, "rb") as file:
            yield file, size_of(path)


def _member_header(path: Path, name: str) -> Member:
    with _stream(path, name) as (stream, size):
        return _header(stream, size, path, name)


def _header(stream: IO[bytes], size: int, path: Path, name: str) -> Member:
    """The header at the beginning of a stream of `size` bytes; what it promises must be there."""
    where = _where(path, name)
    try:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, fortran, dtype = read(stream)
    except FALSE_HEADER:
        raise refuse(where, "has no readable header", AGAIN) from None
    if dtype.hasobject:
        raise refuse(where, "holds Python objects, which are not read", "Save plain numbers or text.")
    if min(shape, default=0) < 0 or not dtype.itemsize or math.prod(shape) * dtype.itemsize > size:
        what = f"is cut short or has a false header: it declares {'x'.join(map(str, shape))} of {dtype}"
        raise refuse(where, what, AGAIN)
    return Member(name, tuple(shape), dtype, fortran)
