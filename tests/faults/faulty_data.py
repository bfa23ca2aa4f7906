"""What the tests of faults have in common: words of a tiny training, and what lies in a folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.verbs.question import as_word
from small_model import WISHES

TINY = ("--steps", "2", *(word for name, value in WISHES.items() for word in ("--set", f"{name}={as_word(value)}")))
"""The words that the small model was trained with."""


def bytes_in(folder: Path) -> dict[str, bytes]:
    """Name -> bytes of every file."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def hidden_in(folder: Path) -> set[str]:
    """Names of what is being written, or was left by somebody who wrote."""
    return {path.name for path in folder.rglob(".*")}


def shifted() -> NDArray[np.float64]:
    """An affine that moves by a millimetre."""
    affine = np.eye(4)
    affine[0, 3] = 1.0
    return affine
