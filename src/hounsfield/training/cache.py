"""Prepared cases on disk, memory-mapped, so that preparing happens once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.answers.writing import folder_aside


@dataclass(frozen=True)
class FolderCache:
    """A folder for each key, a .npy file for each array."""

    folder: Path

    def get(self, key: str, make: Callable[[], Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
        """The arrays of this key, read-only and mapped from disk; made now where they are not there yet."""
        place = self.folder / sha256(key.encode()).hexdigest()[:32]
        if not place.exists():
            self._keep(place, make())
        return {file.stem: np.load(file, mmap_mode="r", allow_pickle=False) for file in sorted(place.glob("*.npy"))}

    @staticmethod
    def _keep(place: Path, arrays: Mapping[str, NDArray[Any]]) -> None:
        with folder_aside(place) as other:
            for name, array in arrays.items():
                np.save(other / f"{name}.npy", array, allow_pickle=False)
