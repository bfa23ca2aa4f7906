"""Arrays in .npy and .npz files, without objects: nothing that is read here can run code.

Source: the NPY format, numpy.lib.format, versions 1.0 to 3.0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from hounsfield.formats.files import size_of, unpack
from hounsfield.formats.zipped import list_members as list_zip
from hounsfield.formats.zipped import open_member
from hounsfield.values import refuse

AGAIN = "Download or save it again."


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
    """One array of a .npz by its name, or the array of a .npy. Large ones are mapped from a scratch file."""
    path = Path(path)
    if name not in _names(path):
        known = ", ".join(_names(path))
        raise refuse(path, f"has no array {name!r}", f"Name one of {known}.")
    with _stream(path, name) as (stream, size):
        member = _header(stream, size, path, name)
        nbytes = math.prod(member.shape) * member.dtype.itemsize
        try:
            data = unpack(stream, nbytes, where=_where(path, name))
        except EOFError:
            raise refuse(_where(path, name), "is cut short", AGAIN) from None
    order = "F" if member.fortran else "C"
    return data.view(member.dtype).reshape(member.shape, order=order)  # type: ignore[call-overload, no-any-return]


def _names(path: Path) -> tuple[str, ...]:
    size_of(path)
    with open(path, "rb") as file:
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
        with open(path, "rb") as file:
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
    except (ValueError, EOFError, SyntaxError, TypeError):
        raise refuse(where, "has no readable header", AGAIN) from None
    if dtype.hasobject:
        raise refuse(where, "holds Python objects, which are not read", "Save plain numbers or text.")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize > size:
        what = f"is cut short or has a false header: it declares {'x'.join(map(str, shape))} of {dtype}"
        raise refuse(where, what, AGAIN)
    return Member(name, tuple(shape), dtype, fortran)
