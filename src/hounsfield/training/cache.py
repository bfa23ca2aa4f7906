"""Prepared cases on disk, so that preparing happens once; large ones are mapped, small ones read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from numpy.lib.format import header_data_from_array_1_0, write_array_header_1_0
from numpy.typing import NDArray
from safetensors.numpy import load, save

from hounsfield.answers.writing import folder_aside
from hounsfield.formats.files import writing

SMALL = 2**15  # bytes of a case up to which it is kept in memory: ten thousand of them take 330 MB at most
SEAL = 32  # bytes of the SHA-256 in front of a small case


@dataclass(frozen=True)
class FolderCache:
    """A folder for each large case, a .npy file for each of its arrays; a single sealed file for each small one."""

    folder: Path

    def get(self, key: str, make: Callable[[], Mapping[str, NDArray[Any]]]) -> Mapping[str, NDArray[Any]]:
        """The arrays of this key, read-only; made now where they are not there yet."""
        place = self.folder / sha256(key.encode()).hexdigest()[:32]
        if place.exists():
            return MappedArrays(place)
        sealed = place.with_suffix(".small")
        small = _read_sealed(sealed)
        if small is not None:
            return small
        arrays = {name: np.ascontiguousarray(array) for name, array in make().items()}
        if sum(array.nbytes for array in arrays.values()) <= SMALL:
            _write_sealed(sealed, arrays)
            return _read_only(arrays)
        with folder_aside(place) as other:
            for name, array in arrays.items():
                _write_array(other / f"{name}.npy", array)
        return MappedArrays(place)


class MappedArrays(Mapping[str, NDArray[Any]]):
    """Arrays mapped from the .npy files of a folder each time they are asked for.

    A mapping holds its file open, and systems allow few hundred of them: so none outlives its use.
    """

    def __init__(self, place: Path) -> None:
        self.files = {file.stem: file for file in sorted(place.glob("*.npy"))}

    def __getitem__(self, name: str) -> NDArray[Any]:
        return np.load(self.files[name], mmap_mode="r", allow_pickle=False)  # type: ignore[no-any-return]

    def __iter__(self) -> Iterator[str]:
        return iter(self.files)

    def __len__(self) -> int:
        return len(self.files)


def _write_array(path: Path, array: NDArray[Any]) -> None:
    """What np.save writes; of a full disk that one does not say that it is full."""
    with open(path, "wb") as file:
        write_array_header_1_0(file, header_data_from_array_1_0(array))
        file.write(array.data)


def _write_sealed(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Write without waiting for the disk, which takes longer than making thousands of small cases: the seal tells."""
    content = save(arrays)
    other = path.with_name(f".{path.name}.{uuid4().hex[:8]}")
    try:
        with writing(path):
            other.write_bytes(sha256(content).digest() + content)
            other.replace(path)
    except BaseException:
        with suppress(OSError):
            other.unlink()
        raise


def _read_sealed(path: Path) -> dict[str, NDArray[Any]] | None:
    """The arrays of a sealed file; None where it is not there, or where a crash of the system left a part of it."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return None
    if sha256(content[SEAL:]).digest() != content[:SEAL]:
        return None
    return _read_only(load(content[SEAL:]))


def _read_only(arrays: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    for array in arrays.values():
        array.flags.writeable = False
    return arrays
