"""Centroids of vertebrae as the VerSe data have them (_ctd.json).

A list: first {"direction": ["P", "I", "R"]}, then {"label": 20, "X": 63.2, "Y": 141.9, "Z": 31.8}. X, Y and Z are
voxel positions, counted from 0, along the axes of an image whose axes run towards `direction`.
Source: A. Sekuboyina et al., "VerSe", Medical Image Analysis 73, 2021, and the sample beside its code.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.json_values import is_number, read_json
from hounsfield.formats.points import LIMIT, PRESENT, from_index, named_points
from hounsfield.values import Grid, Points, refuse

OPPOSITE = {"L": "R", "R": "L", "P": "A", "A": "P", "I": "S", "S": "I"}


def read_points(path: Path, grid: Grid | None = None) -> Points:
    """The centroids in the RAS world, named by their label numbers.

    grid: of the image or of its mask; its axes may run in another order or the other way than the file's.
    """
    data = read_json(Path(path), limit=LIMIT)
    direction = data[0].get("direction") if isinstance(data, list) and data and isinstance(data[0], dict) else None
    if not isinstance(direction, list) or not _spans(direction):
        what = 'is no file of centroids: it does not begin with {"direction": [...]} of three axes'
        raise refuse(path, what, "Is it the right file?")
    entries = [_entry(f"{path}, entry {number}", entry) for number, entry in enumerate(data[1:], start=2)]
    positions = np.array([position for _, position in entries], np.float64).reshape(-1, 3)
    index = positions if grid is None or grid.ndim != 3 else _along(grid, direction, positions)
    world = from_index(path, index, grid)
    return named_points(path, [name for name, _ in entries], world, [PRESENT] * len(entries))


def _spans(direction: list[Any]) -> bool:
    """Whether these are three letters, one for each axis of the body."""
    letters = [letter for letter in direction if isinstance(letter, str) and letter in OPPOSITE]
    return len(letters) == len(direction) == 3 and len({min(letter, OPPOSITE[letter]) for letter in letters}) == 3


def _entry(where: str, entry: Any) -> tuple[str, list[float]]:
    values: list[Any] = [entry.get(key) for key in ("label", "X", "Y", "Z")] if isinstance(entry, dict) else [None]
    if not all(map(is_number, values)) or values[0] != int(values[0]):
        raise refuse(where, "has no label with X, Y and Z as numbers", "Mend or remove the entry.")
    return str(int(values[0])), values[1:]


def _along(grid: Grid, direction: list[str], positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Positions (N, 3) along the file's directions as indices along the grid's axes."""
    index = np.empty_like(positions)
    letters: Any = nib.aff2axcodes
    for axis, towards in enumerate(letters(grid.affine)):
        if towards in direction:
            index[:, axis] = positions[:, direction.index(towards)]
        else:
            index[:, axis] = grid.shape[axis] - 1 - positions[:, direction.index(OPPOSITE[towards])]
    return index
