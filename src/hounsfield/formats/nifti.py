"""NIfTI, .nii and .nii.gz: images, label maps and displacement fields.

The world is RAS millimetres, as NIfTI itself has it; arrays keep the file's axis order. A fourth axis is the channels.
A file of two axes is read as one slice. A .nii is mapped; a .nii.gz is unpacked once, when it is first asked for.
"""

from __future__ import annotations

import gzip
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, Any

import nibabel as nib
import numpy as np
from nibabel.fileholders import FileHolder
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from hounsfield.formats.files import suffix_of, unpack, writing
from hounsfield.formats.nifti_header import AGAIN, Header, embedded, grid_note, read_header
from hounsfield.values import Grid, Image, refuse

VECTOR = 1007  # NIFTI_INTENT_VECTOR
LARGEST_LABEL = 2**31 - 1


@dataclass(frozen=True, eq=False)
class NiftiSource:
    """The numbers of a NIfTI file in real units, (C, *grid.shape); one channel of them where `channel` is given."""

    header: Header
    channel: int | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, then the grid's axes."""
        return (self.header.channels if self.channel is None else 1, *self.header.grid.shape)

    @property
    def dtype(self) -> np.dtype:
        """As stored; scaled numbers are float32, or float64 where more than 16 bits are stored."""
        stored = self.header.dtype.newbyteorder("=")
        if not self.header.is_scaled:
            return stored
        return np.result_type(stored, np.float32) if stored.itemsize <= 4 else np.dtype(np.float64)

    def slab(self, axis: int, start: int, stop: int) -> NDArray[Any]:
        """The part with start <= index < stop along one axis. Refuses a file that can not be unpacked."""
        part = self._stored[(slice(None),) * axis + (slice(start, stop),)]
        if not self.header.is_scaled:
            return part.astype(self.dtype, copy=False)
        scaled = np.empty(part.shape, self.dtype)
        for k in range(part.shape[-1]):  # by slices, so that no second copy in float64 is made
            scaled[..., k] = part[..., k] * np.float64(self.header.slope) + self.header.intercept
        return scaled

    @cached_property
    def _stored(self) -> NDArray[Any]:
        """(C, *grid.shape) as stored: mapped, or unpacked once."""
        header = self.header
        try:
            if header.packed:
                with header.open() as stream:
                    _pass_over(stream, header.offset)
                    data = unpack(stream, header.nbytes, where=str(header.path))
            else:
                data = np.memmap(header.path, np.uint8, "r", header.offset, (header.nbytes,))
        except (EOFError, zlib.error, gzip.BadGzipFile):
            raise refuse(header.path, "is cut short or damaged: it can not be unpacked", AGAIN) from None
        except (OSError, ValueError) as error:
            raise refuse(header.path, f"can not be read ({error})", "Check that the file is still there.") from None
        flat = data.view(header.dtype)
        if header.components:
            array = flat.reshape(header.components, *header.stored, order="F")[: header.channels]
        else:
            array = np.moveaxis(flat.reshape(*header.stored, header.channels, order="F"), -1, 0)
        array = array if self.channel is None else array[self.channel : self.channel + 1]
        return array.reshape(array.shape[0], *header.grid.shape)


def read_grid(path: Path) -> Grid:
    """The grid of a NIfTI file; only its header is read."""
    return read_header(Path(path)).grid


def read_image(path: Path, *, channel: int | None = None) -> Image:
    """The image of a NIfTI file in real units, lazily; one channel of it where `channel` is given."""
    header = read_header(Path(path))
    if channel is not None and channel >= header.channels:
        what = f"has {header.channels} channels; number {channel} is asked for, counted from 0"
        raise refuse(path, what, "Check the channels that dataset.json names.")
    return Image(NiftiSource(header, channel), header.grid)


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The label values of a NIfTI file, in the smallest type of integers that holds them, and their grid.

    Integers stored as floats are accepted; fractions, NaN and several channels are refused.
    """
    header = read_header(Path(path))
    if header.channels != 1:
        raise refuse(path, f"has {header.channels} channels; a label map has one", "Give one value for each voxel.")
    values = NiftiSource(header).slab(0, 0, 1)[0]
    if values.dtype.kind == "f":
        rounded = np.rint(values)
        tolerance = 1e-4 if header.is_scaled else 0.0
        if not np.all(np.isfinite(values)) or np.abs(values - rounded).max() > tolerance:
            remedy = "Give whole numbers: resample labels by nearest neighbour, threshold probabilities."
            raise refuse(path, "holds values that are no label numbers (fractions or NaN)", remedy)
        values = rounded
    low, high = int(values.min()), int(values.max())
    if low < -LARGEST_LABEL or high > LARGEST_LABEL:
        raise refuse(path, f"holds the label {high if high > LARGEST_LABEL else low}", "Number the labels from 1.")
    return np.ascontiguousarray(values.astype(_integers(low, high))), header.grid


def write_image(path: Path, image: Image) -> None:
    """Write an image in real units; read back, its grid is equal to the bit."""
    array = image.array(image.source.dtype)
    supported = array.dtype.kind in "iuf" and array.dtype != np.float16
    array = array if supported else array.astype(np.uint8 if array.dtype.kind == "b" else np.float32)
    volume = np.moveaxis(array.reshape(array.shape[0], *_volume(image.grid)), 0, -1)
    _write(Path(path), volume[..., 0] if image.channels == 1 else volume, image.grid)


def write_labels(path: Path, array: NDArray[Any], grid: Grid) -> None:
    """Write label values in the smallest unsigned type that holds them; read back, the grid is equal to the bit."""
    low, high = (int(array.min()), int(array.max())) if array.size else (0, 0)
    labels = array.astype(_integers(low, high)).reshape(_volume(grid))
    _write(Path(path), labels, grid)


def read_vectors(path: Path) -> tuple[NDArray[np.float32], Grid]:
    """A displacement field (d, *grid.shape) in mm along the RAS axes, and its grid."""
    header = read_header(Path(path))
    if header.channels != header.grid.ndim:
        what = f"has {header.channels} numbers a voxel; displacements on {header.grid} have {header.grid.ndim}"
        raise refuse(path, what, "Is it the right file?")
    return np.ascontiguousarray(NiftiSource(header).slab(0, 0, header.channels), np.float32), header.grid


def write_vectors(path: Path, vectors: NDArray[np.float32], grid: Grid) -> None:
    """Write a displacement field (d, *grid.shape) in mm along the RAS axes, as NIfTI's 5-D vectors."""
    volume = np.moveaxis(vectors.reshape(len(vectors), *_volume(grid)), 0, -1)
    _write(Path(path), np.ascontiguousarray(volume[:, :, :, None, :], np.float32), grid, intent=VECTOR)


def _volume(grid: Grid) -> tuple[int, ...]:
    return grid.shape if grid.ndim == 3 else (*grid.shape, 1)


def _integers(low: int, high: int) -> np.dtype:
    return np.result_type(np.min_scalar_type(low), np.min_scalar_type(high))


def _pass_over(stream: IO[bytes], count: int) -> None:
    if len(stream.read(count)) < count:
        raise EOFError


def _write(path: Path, array: NDArray[Any], grid: Grid, *, intent: int = 0) -> None:
    """Write (i, j, k[, ...]) on a grid. The bytes depend on nothing but the content."""
    if suffix_of(path) not in (".nii", ".nii.gz"):
        raise refuse(path, "is no name of a NIfTI file", "Let it end in .nii or .nii.gz.")
    kind: Any = nib.Nifti1Image if max(array.shape) < 2**15 else nib.Nifti2Image
    header = kind.header_class()
    header.set_data_dtype(array.dtype)
    header.set_data_shape(array.shape)
    header.set_xyzt_units("mm" if grid.unit == "mm" else "unknown")
    header["intent_code"] = intent
    _set_affine(header, grid)
    image = kind(array, None, header, dtype=array.dtype)
    with writing(path), open(path, "wb") as file:
        if suffix_of(path) == ".nii":
            image.to_file_map({"image": FileHolder(fileobj=file)})
        else:
            with gzip.GzipFile("", "wb", 1, file, mtime=0) as packed:
                image.to_file_map({"image": FileHolder(fileobj=packed)})


def _set_affine(header: Any, grid: Grid) -> None:
    """State the grid so that every reader finds it, and ours finds it to the bit.

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
