"""A tiny format of its own: a picture as text, a row of numbers in each line.

A format of images is a module with three functions; the entry point names one of them, under the suffix.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import read_bytes
from hounsfield.values import Grid, Image, MiB, refuse

LIMIT = 64 * MiB


def read_grid(path: Path) -> Grid:
    """The grid of a picture."""
    return Grid.picture(_numbers(path).shape)


def read_image(path: Path) -> Image:
    """The picture, float32."""
    numbers = _numbers(path)
    return Image.of(numbers, Grid.picture(numbers.shape))


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The numbers as label values. Refuses what is not whole."""
    numbers = _numbers(path)
    if np.any(numbers != np.round(numbers)):
        raise refuse(path, "holds numbers that are not whole, so it is no label map", "Is it the image?")
    return numbers.astype(np.int32), Grid.picture(numbers.shape)


def _numbers(path: Path) -> NDArray[np.float32]:
    """(rows, columns). Refuses what is no text of numbers, or has rows of unequal length, naming the file."""
    try:
        lines = read_bytes(path, limit=LIMIT).decode().splitlines()
        rows = [[float(word) for word in line.split()] for line in lines if line.strip()]
        return np.array(rows, np.float32).reshape(len(rows), -1)
    except ValueError:
        raise refuse(path, "is no text with a row of numbers in each line", "Write it again.") from None
