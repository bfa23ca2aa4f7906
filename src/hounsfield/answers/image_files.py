"""Images and label maps that were carried to another grid, in the format that their file's name says."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats import metaimage, nifti, nrrd, picture
from hounsfield.formats.files import suffix_of
from hounsfield.values import Grid, Image, refuse


class VolumeFormat(Protocol):
    """What a format of volumes writes."""

    def write_image(self, path: Path, image: Image) -> None:
        """An image."""

    def write_labels(self, path: Path, array: NDArray[Any], grid: Grid) -> None:
        """Label values on a grid."""


VOLUMES: Mapping[str, VolumeFormat] = {
    ".mha": metaimage,
    ".mhd": metaimage,
    ".nhdr": nrrd,
    ".nii": nifti,
    ".nii.gz": nifti,
    ".nrrd": nrrd,
}


def write_image(path: Path, channels: NDArray[np.floating], grid: Grid, stored: np.dtype[Any]) -> None:
    """Write interpolated channels (C, *grid.shape): volumes as they are, pictures rounded to the type of their file."""
    if suffix_of(path) in picture.WRITTEN:
        picture.write_picture(path, np.rint(channels).astype(stored))
    else:
        _volumes(path).write_image(path, Image.of(channels, grid))


def write_labels(path: Path, array: NDArray[Any], grid: Grid) -> None:
    """Write label values (*grid.shape), volumes and PNG."""
    if suffix_of(path) in picture.WRITTEN:
        picture.write_labels(path, array)
    else:
        _volumes(path).write_labels(path, array, grid)


def _volumes(path: Path) -> VolumeFormat:
    known = VOLUMES.get(suffix_of(path))
    if known is None:
        what = f"can not be written as {suffix_of(path)}"
        raise refuse(path, what, f"Convert the file first, to one of {', '.join(VOLUMES)}, or to .png.")
    return known
