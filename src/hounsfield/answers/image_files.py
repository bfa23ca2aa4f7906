"""Images and label values on disk, in the format that a file's name says, as a whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hounsfield.answers.writing import aside
from hounsfield.formats import metaimage, nifti, nrrd, picture
from hounsfield.formats.files import suffix_of
from hounsfield.registry.tables import FORMATS
from hounsfield.values import Grid, Image, refuse


class VolumeFormat(Protocol):
    """What a format of volumes writes."""

    def write_image(self, path: Path, image: Image) -> None:
        """An image."""

    def write_labels(self, path: Path, array: NDArray[Any], grid: Grid) -> None:
        """Label values on a grid."""


VOLUMES: Mapping[str, VolumeFormat] = {module.__name__: module for module in (metaimage, nifti, nrrd)}
PAIRS = (".hdr",)  # written as one file or not at all


def write_image(path: Path, channels: NDArray[np.floating], grid: Grid, stored: np.dtype[Any]) -> None:
    """Write interpolated channels (C, *grid.shape): volumes as they are, pictures rounded to the type of their file."""
    kind = _format_of(path)
    with aside(path) as other:
        if kind is None:
            picture.write_picture(other, np.rint(channels).astype(stored))
        else:
            kind.write_image(other, Image.of(channels, grid))


def write_labels(path: Path, array: NDArray[Any], grid: Grid) -> None:
    """Write label values (*grid.shape)."""
    kind = _format_of(path)
    with aside(path) as other:
        if kind is None:
            picture.write_labels(other, array)
        else:
            kind.write_labels(other, array, grid)


def is_picture(grid: Grid) -> bool:
    """Whether a file of a picture, which states neither spacing nor place, says everything of this grid."""
    return grid.ndim == 2 and grid == Grid.picture(grid.shape)


def _format_of(path: Path) -> VolumeFormat | None:
    """The format of volumes that the name says, None for pictures. Refuses formats that are only read."""
    module = FORMATS.targets.get(suffix_of(path), "").partition(":")[0]
    if suffix_of(path) in PAIRS or module not in (picture.__name__, *VOLUMES):
        raise refuse(path, f"can not be written as {suffix_of(path)}", "Convert the file first, to .nii.gz or .png.")
    return VOLUMES.get(module)
