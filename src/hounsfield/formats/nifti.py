"""NIfTI, .nii, .nii.gz and .hdr with .img: images, label maps and displacement fields.

The world is RAS millimetres, as NIfTI itself has it; arrays keep the file's axis order. A fourth axis is the channels,
as a fifth is where the fourth has one element (vectors); colours of 8 bits are three. A file of two axes is read as
one slice. A .nii is mapped; a .nii.gz is unpacked once, when it is first asked for.
"""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.fileholders import FileHolder
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from hounsfield.formats.files import suffix_of, writing
from hounsfield.formats.label_values import label_values, smallest
from hounsfield.formats.nifti_header import data_file, disagreement, embedded, grid_note, read_header
from hounsfield.values import Grid, Image, Problem, refuse

VECTOR = 1007  # NIFTI_INTENT_VECTOR


def read_grid(path: Path) -> Grid:
    """The grid of a NIfTI file; only its header is read."""
    return read_header(Path(path)).grid


def read_image(path: Path, *, channel: int | None = None) -> Image:
    """The image of a NIfTI file in real units, lazily; one channel of it where `channel` is given."""
    return read_header(Path(path)).image(channel)


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The label values of a NIfTI file, in the smallest type of integers that holds them, and their grid.

    Integers stored as floats are accepted; fractions, NaN and several channels are refused.
    """
    volume = read_header(Path(path))
    return label_values(volume), volume.grid


def files_of(path: Path) -> tuple[Path, ...]:
    """The file itself, and the .img that belongs to a .hdr."""
    return tuple(dict.fromkeys((Path(path), data_file(Path(path)))))


def doubts(path: Path) -> tuple[Problem, ...]:
    """What other programs may take otherwise: a place that is stated twice, and not the same."""
    away = disagreement(Path(path))
    if not away:
        return ()
    what = f"states its place twice, up to {away:.3g} mm apart: the sform counts here, elsewhere the qform may"
    return (Problem(str(path), what, "Find out which of the two is right, and set both to it."),)


def write_image(path: Path, image: Image) -> None:
    """Write an image in real units; read back, its grid is equal to the bit."""
    array = image.array(image.source.dtype)
    supported = array.dtype.kind in "iuf" and array.dtype != np.float16
    array = array if supported else array.astype(np.uint8 if array.dtype.kind == "b" else np.float32)
    volume = _channels_last(array, image.grid)
    _write(Path(path), volume[..., 0] if image.channels == 1 else volume, image.grid)


def write_scaled(path: Path, array: NDArray[np.integer], grid: Grid, *, slope: float) -> None:
    """Write channels of integers (C, *grid.shape) that every reader multiplies by `slope`."""
    _write(Path(path), _channels_last(array, grid), grid, slope=slope)


def write_labels(path: Path, array: NDArray[Any], grid: Grid) -> None:
    """Write label values in the smallest unsigned type that holds them; read back, the grid is equal to the bit."""
    _write(Path(path), smallest(array).reshape(_volume(grid)), grid)


def read_vectors(path: Path) -> tuple[NDArray[np.float32], Grid]:
    """A displacement field (d, *grid.shape) in mm along the RAS axes, and its grid."""
    volume = read_header(Path(path))
    if volume.count != volume.grid.ndim:
        what = f"has {volume.count} numbers a voxel; displacements on {volume.grid} have {volume.grid.ndim}"
        raise refuse(path, what, "Is it the right file?")
    return np.ascontiguousarray(volume.slab(0, 0, volume.count), np.float32), volume.grid


def write_vectors(path: Path, vectors: NDArray[np.floating], grid: Grid) -> None:
    """Write a displacement field (d, *grid.shape) in mm along the RAS axes, as NIfTI's 5-D vectors."""
    volume = _channels_last(vectors, grid)
    _write(Path(path), np.ascontiguousarray(volume[:, :, :, None, :]), grid, intent=VECTOR)


def _volume(grid: Grid) -> tuple[int, ...]:
    return grid.shape if grid.ndim == 3 else (*grid.shape, 1)


def _channels_last(array: NDArray[Any], grid: Grid) -> NDArray[Any]:
    return np.moveaxis(array.reshape(len(array), *_volume(grid)), 0, -1)


def _write(path: Path, array: NDArray[Any], grid: Grid, *, intent: int = 0, slope: float | None = None) -> None:
    """Write (i, j, k[, ...]) on a grid. The bytes depend on nothing but the content."""
    if suffix_of(path) not in (".nii", ".nii.gz"):
        raise refuse(path, "is no name of a NIfTI file", "Let it end in .nii or .nii.gz.")
    kind: Any = nib.Nifti1Image if max(array.shape) < 2**15 else nib.Nifti2Image
    header = kind.header_class()
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    header.set_xyzt_units("mm" if grid.unit == "mm" else "unknown")
    header["intent_code"] = intent
    state_grid(header, grid)
    image = kind(array, None, header, dtype=array.dtype)
    if slope is not None:  # numbers are then stored as they are
        image.header.set_slope_inter(slope, 0)
    with writing(path), open(path, "wb") as file:
        if suffix_of(path) == ".nii":
            image.to_file_map({"image": FileHolder(fileobj=file)})
        else:
            with gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
                image.to_file_map({"image": FileHolder(fileobj=packed)})


def state_grid(header: Any, grid: Grid) -> None:
    """State the grid in a header that has none, so that every reader finds it, and ours finds it to the bit.

    NIfTI-1 keeps the sform in single precision. A grid that came from one fits; one that came from a qform fits into
    a qform again, and only there; any other is stated in full in an extension beside its rounded sform.
    """
    affine = embedded(grid.affine)
    rotation = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    if np.allclose(rotation.T @ rotation, np.eye(3), atol=1e-5):  # a qform holds no shear
        header.set_qform(affine, code=1)
    header.set_sform(affine, code=1)
    if grid.ndim == 3 and grid.frame == "RAS" and np.array_equal(header.get_sform(), affine):
        return
    if grid.ndim == 3 and grid.frame == "RAS" and _qform_equals(header, affine):
        header.set_sform(None, code=0)
        return
    header.extensions.append(grid_note(grid))


def _qform_equals(header: Any, affine: NDArray[np.float64]) -> bool:
    try:
        return bool(header["qform_code"] > 0) and np.array_equal(header.get_qform(), affine)
    except HeaderDataError:
        return False
