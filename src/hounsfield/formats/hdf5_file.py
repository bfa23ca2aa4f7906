"""What lies in an HDF5 file: its data sets of numbers, looked at and read by h5py once another process survived them.

Links to other files, virtual and external data sets, references, texts and filters from plugins are never followed,
opened or loaded: what a file may bring is numbers, plain or packed by deflate, LZF or shuffle.

Source: HDF5 File Format Specification, version 3.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.apart import Apart, Late, Lost, NotStarted
from hounsfield.formats.files import DEFLATE_RATIO, size_of
from hounsfield.values import MiB, Refused, refuse

SIGNATURE = b"\x89HDF\r\n\x1a\n"
AGAIN = "Copy or export it again from where it came from."
MOST_OBJECTS = 1024  # groups and data sets that are looked at in a file
DEEPEST = 8  # groups in groups: hard links can form circles
LARGEST_CHUNK = 128 * MiB  # a chunk is unpacked as a whole, and what is taken from it copied
MOST_CHUNKS = 2**14  # in a layer: each takes 6 kB while it is read
LONGEST_TEXT = 4096  # bytes of an attribute
PIECE = 4 * MiB  # of what is not stored in chunks
PART = 64 * MiB  # that is read at a time of what is only to be hashed
FILTERS = {1: "deflate", 2: "shuffle", 3: "fletcher32", 32000: "lzf"}  # those that the library itself holds

DAMAGE = (OSError, RuntimeError, ValueError, TypeError, LookupError, ArithmeticError, AttributeError)
"""What h5py raises on files that are not what they say."""


@dataclass(frozen=True)
class Numbers:
    """A data set of numbers in a file, known from its header. name: with its groups, `scans/image`."""

    name: str
    shape: tuple[int, ...]
    dtype: np.dtype


@contextmanager
def endured(path: Path) -> Iterator[Any]:
    """The file, after another process came through it: the library trusts what it reads far more than it should."""
    size = size_of(path)
    _refuse_foreign(path, size)
    if find_spec("h5py") is None:
        raise refuse(path, "needs h5py to be read", "Install it: pip install 'hounsfield[hdf5]'")
    if not _is_survived(path.absolute(), size, path.stat().st_mtime_ns):
        raise refuse(path, "is damaged: it makes the HDF5 library crash", AGAIN)
    with _opened(path) as file:
        yield file


def walk(path: Path, file: Any) -> Iterator[Numbers]:
    """The data sets of numbers, by name; only links within the file's own groups are followed."""
    import h5py

    waiting, seen = [(file, "", 0)], 0
    while waiting:
        group, lead, depth = waiting.pop(0)
        for name in group:
            seen += 1
            if seen > MOST_OBJECTS:
                raise refuse(path, f"holds more than the {MOST_OBJECTS} objects that are looked at", "Split it.")
            if group.get(name, getlink=True, getclass=True) is not h5py.HardLink:
                continue
            kind = group.get(name, getclass=True)
            if kind is h5py.Group and depth < DEEPEST:
                waiting.append((group[name], f"{lead}{name}/", depth + 1))
            elif kind is h5py.Dataset:
                numbers = _numbers(group[name], f"{lead}{name}")
                if numbers is not None:
                    yield numbers


def walk_words(file: Any) -> Iterator[tuple[str, str]]:
    """The attributes of text of the groups and data sets, as far as they can be read."""
    import h5py

    waiting, seen = [("", file, 0)], 0
    while waiting and seen < MOST_OBJECTS:
        lead, found, depth = waiting.pop(0)
        for name in found.attrs:
            seen += 1
            if seen > MOST_OBJECTS:
                return
            with suppress(*DAMAGE):
                made = found.attrs.get_id(name)
                if h5py.check_string_dtype(made.dtype) and made.shape == () and made.get_storage_size() <= LONGEST_TEXT:
                    value = found.attrs[name]
                    text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
                    yield f"{lead}{name}", text[:LONGEST_TEXT]
        if not isinstance(found, h5py.Group) or depth >= DEEPEST:
            continue
        for name in found:
            seen += 1
            if seen <= MOST_OBJECTS and found.get(name, getlink=True, getclass=True) is h5py.HardLink:
                with suppress(*DAMAGE):
                    waiting.append((f"{lead}{name}/", found[name], depth + 1))


def places(shape: tuple[int, ...], itemsize: int) -> Iterator[tuple[int | slice, ...]]:
    """Where the parts of a data set lie, in its order: rows of the first axis whose rows are small enough."""
    if not shape:
        yield ()
        return
    row = math.prod(shape[1:]) * itemsize
    if row > PART and len(shape) > 1:
        for index in range(shape[0]):
            yield from ((index, *rest) for rest in places(shape[1:], itemsize))
        return
    step = max(1, PART // max(1, row))
    yield from ((slice(start, start + step),) for start in range(0, shape[0], step))


def read_part(path: Path, numbers: Numbers, part: tuple[slice, ...]) -> NDArray[Any]:
    """A part of a data set, in this machine's types."""
    with endured(path) as file:
        data = file[numbers.name]
        refuse_data(path, data, numbers)
        shape = [len(range(*one.indices(length))) for one, length in zip(part, numbers.shape, strict=True)]
        array = np.empty(shape, native(numbers.dtype))
        for at, layer in _layers(data, part[0]):
            array[at] = data[(layer, *part[1:])]
        return array


def refuse_data(path: Path, data: Any, numbers: Numbers) -> None:
    """Whether a data set is made of what the file itself holds, and of as much as the file can hold."""
    import h5py

    where = f"{path}::{numbers.name}"
    remedy = "Write its numbers into this file itself, plain or packed by gzip."
    made = data.id.get_create_plist()
    if made.get_layout() == h5py.h5d.VIRTUAL or made.get_external_count():
        raise refuse(where, "takes its numbers from other files, which are not followed", remedy)
    filters = [made.get_filter(number)[0] for number in range(made.get_nfilters())]
    foreign = sorted(set(filters) - set(FILTERS))
    if foreign:
        raise refuse(where, f"is packed by a filter that is not read (number {foreign[0]})", remedy)
    chunk = math.prod(data.chunks) * numbers.dtype.itemsize if data.chunks else 0
    if chunk > LARGEST_CHUNK:
        raise refuse(where, f"is stored in pieces of {chunk // MiB} MiB", "Store it in chunks of some MiB.")
    layer = [-(-length // edge) for length, edge in zip(numbers.shape[1:], (data.chunks or ())[1:], strict=False)]
    if math.prod(layer) > MOST_CHUNKS:
        raise refuse(where, f"is stored in {math.prod(layer)} pieces a layer", "Store it in chunks of some MiB.")
    declared = math.prod(numbers.shape) * numbers.dtype.itemsize
    stored = min(int(data.id.get_storage_size()), size_of(path))
    if declared > stored * (DEFLATE_RATIO if filters else 1):
        size = "x".join(map(str, numbers.shape))
        what = f"declares {size} of {numbers.dtype}, and the file holds {stored} bytes of them"
        raise refuse(where, what, AGAIN)


def native(dtype: np.dtype) -> np.dtype:
    """The type that stored numbers are given in: this machine's byte order, bytes for yes and no."""
    return np.dtype(np.uint8) if dtype.kind == "b" else dtype.newbyteorder("=")


def read_through(asked: Mapping[str, Any], data: bytes) -> tuple[dict[str, Any], bytes]:
    """Read all numbers of the file at a path, piece by piece, and keep none of them; what is refused is passed over."""
    path = Path(asked["path"])
    with suppress(Refused), _opened(path) as file:
        for _ in walk_words(file):
            pass
        for numbers in list(walk(path, file)):
            with suppress(Refused, *DAMAGE):
                _read_pieces(path, file[numbers.name], numbers)
    return {}, b""


_reader = Apart(f"{__name__}:{read_through.__name__}")


@lru_cache(maxsize=2**14)
def _is_survived(path: Path, size: int, modified: int) -> bool:
    """Whether another process read the whole file, or refused it, and lived. Size and time are the file's."""
    try:
        _reader.ask({"path": str(path), "modified": modified}, size=size)
    except Late as late:  # not remembered as damage: a disk may be slow
        remedy = "Try again, or copy it to a faster disk. If it stays so, it is damaged: export it again."
        raise refuse(path, f"can not be read in time ({late})", remedy) from None
    except NotStarted as reason:
        raise refuse(path, f"can not be read: {reason}", "Try again.") from None
    except Lost:
        return False
    return True


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            yield file
    except DAMAGE as error:
        why = " ".join(str(error).split()) or type(error).__name__
        raise refuse(path, f"is cut short or damaged ({why})", AGAIN) from None


def _refuse_foreign(path: Path, size: int) -> None:
    """The signature lies at the beginning, or behind a user's block of 512, 1024, 2048 ... bytes."""
    with open(path, "rb") as file:
        at = 0
        while at < size:
            file.seek(at)
            if file.read(len(SIGNATURE)) == SIGNATURE:
                return
            at = 2 * at or 512
    raise refuse(path, "is no HDF5 file, whatever its name says", "Is it the right file?")


def _read_pieces(path: Path, data: Any, numbers: Numbers) -> None:
    refuse_data(path, data, numbers)
    if not numbers.shape:
        return
    row = math.prod(numbers.shape[1:]) * numbers.dtype.itemsize
    step = max(1, PIECE // max(1, row))
    rows = (slice(start, start + step) for start in range(0, numbers.shape[0], step))
    for piece in data.iter_chunks() if data.chunks else rows:
        _ = data[piece]


def _numbers(data: Any, name: str) -> Numbers | None:
    try:
        dtype = data.dtype
    except TypeError:  # a type that numpy does not have, such as a time
        return None
    if data.shape is None or dtype.kind not in "iufb":
        return None
    return Numbers(name, tuple(map(int, data.shape)), dtype)


def _layers(data: Any, rows: slice) -> Iterator[tuple[slice, slice]]:
    """Layer by layer of chunks, where it goes and what to read: for each chunk of one read the library takes 6 kB."""
    first, last, _ = rows.indices(data.shape[0])
    height = data.chunks[0] if data.chunks else max(1, last)
    edges = [first, *range((first // height + 1) * height, last, height), last]
    for start, stop in pairwise(edges):
        yield slice(start - first, stop - first), slice(start, stop)
