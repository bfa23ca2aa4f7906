"""The header of a NIfTI file: what it promises, held against the file before memory is taken.

Source: NIfTI-1 (nifti1.h, 2003) and NIfTI-2 (nifti2.h, 2011); the fields are parsed by nibabel.
"""

from __future__ import annotations

import gzip
import json
import math
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from hounsfield.formats.files import DEFLATE_RATIO, size_of
from hounsfield.values import Grid, refuse

HEAD = 64 * 1024
"""Bytes read at the beginning: the header and our own extension, which always comes first."""

GRID_NOTE = "hounsfield grid "
COMMENT = 6  # NIfTI's code for an extension of plain text
MM_PER_UNIT = {1: 1000.0, 3: 0.001}  # NIFTI_UNITS_METER and _MICRON; anything else is taken as millimetres
AGAIN = "Copy or export it again from where it came from."


@dataclass(frozen=True)
class Header:
    """What is in a NIfTI file and where.

    grid: the three spatial axes (or the grid that our own extension states).  stored: (i, j, k) of the file.
    channels: size of the fourth axis, or 3 in a colour file.  components: bytes of a colour voxel (0: not a colour
    file).  dtype, offset: of the stored numbers.  slope, intercept: to real units.
    """

    path: Path
    grid: Grid
    stored: tuple[int, int, int]
    channels: int
    components: int
    dtype: np.dtype
    offset: int
    slope: float
    intercept: float
    packed: bool

    @property
    def nbytes(self) -> int:
        """Bytes of all stored numbers."""
        return math.prod(self.stored) * (self.components or self.channels) * self.dtype.itemsize

    @property
    def is_scaled(self) -> bool:
        """Whether stored numbers are not yet in real units."""
        return (self.slope, self.intercept) != (1.0, 0.0)

    def open(self) -> IO[bytes]:
        """The file's bytes, unpacked."""
        return cast(IO[bytes], gzip.open(self.path, "rb") if self.packed else open(self.path, "rb"))


def read_header(path: Path) -> Header:
    """The header of a .nii or .nii.gz file, told by content and not by name. Refuses what can not be true."""
    size = size_of(path)
    packed, head = _head(path)
    raw = _parse(path, head)
    shape, channels, components, dtype = _elements(path, raw)
    slope, intercept = _scaling(path, raw) if not components else (1.0, 0.0)
    first = 352 if raw["sizeof_hdr"] == 348 else 544  # a file may say 0 for "right behind the header"
    offset = max(int(raw["vox_offset"]), first) if np.isfinite(raw["vox_offset"]) else first
    grid = _own_grid(head, raw, offset, first) or Grid(shape, _affine(path, raw))
    if math.prod(grid.shape) != math.prod(shape):
        grid = Grid(shape, _affine(path, raw))
    header = Header(path, grid, shape, channels, components, dtype, offset, slope, intercept, packed)
    needed, most = offset + header.nbytes, size * DEFLATE_RATIO + HEAD if packed else size
    if needed > most:
        what = f"is cut short or has a false header: it declares {needed} bytes and can hold at most {most}"
        raise refuse(path, what, AGAIN)
    return header


def grid_note(grid: Grid) -> Any:
    """The header extension that states a grid to the bit, for those that NIfTI's own fields can not hold."""
    note = {"shape": grid.shape, "affine": grid.affine.tolist(), "unit": grid.unit, "frame": grid.frame}
    make: Any = nib.nifti1.Nifti1Extension
    return make("comment", (GRID_NOTE + json.dumps(note)).encode())


def _head(path: Path) -> tuple[bool, bytes]:
    try:
        with open(path, "rb") as file:
            packed = file.read(2) == b"\x1f\x8b"
        with gzip.open(path, "rb") if packed else open(path, "rb") as stream:
            return packed, stream.read(HEAD)
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise refuse(path, "is cut short or damaged: it can not be unpacked", AGAIN) from None
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", "Check the permissions of the file.") from None


def _parse(path: Path, head: bytes) -> Any:
    kinds: dict[int, Any] = {348: (nib.Nifti1Header, 344, b"n+1", b"ni1"), 540: (nib.Nifti2Header, 4, b"n+2", b"ni2")}
    if len(head) < 4:
        raise refuse(path, "is cut short", AGAIN)
    for order in "<>":
        length = struct.unpack(f"{order}i", head[:4])[0]
        if length not in kinds:
            continue
        kind, at, single, pair = kinds[length]
        magic = head[at : at + 3]
        if magic == pair:
            raise refuse(path, "is one half of a .hdr/.img pair", "Convert the pair into one .nii file.")
        if magic == single:
            if len(head) < length:
                raise refuse(path, "is cut short inside its header", AGAIN)
            return kind(head[:length], endianness=order, check=False)
    raise refuse(path, "is not a NIfTI file: its first bytes are others", "Is the suffix right, is it the right file?")


def _elements(path: Path, raw: Any) -> tuple[tuple[int, int, int], int, int, np.dtype]:
    """The spatial shape, the number of channels, the bytes of a colour voxel, and the type of the numbers."""
    if not 2 <= raw["dim"][0] <= 7:
        raise refuse(path, f"declares {raw['dim'][0]} axes; an image has 2 to 7", AGAIN)
    dims = tuple(int(n) for n in raw.get_data_shape())
    if min(dims) < 1:
        raise refuse(path, f"declares an impossible size, {'x'.join(map(str, dims))}", AGAIN)
    rest = [n for n in dims[3:] if n > 1]
    if len(rest) > 1:
        what = f"has {len(dims)} axes ({'x'.join(map(str, dims))}); space and one axis of channels can be read"
        raise refuse(path, what, "Split it into files of up to 4 axes.")
    shape = (dims[0], dims[1], dims[2] if len(dims) > 2 else 1)
    try:
        dtype = raw.get_data_dtype()
    except (HeaderDataError, KeyError):
        raise refuse(path, f"has an unknown type of numbers, code {raw['datatype']}", AGAIN) from None
    if dtype.names and not rest:  # RGB24 or RGBA32: the colours are the fastest axis, alpha is left out
        return shape, 3, len(dtype.names), np.dtype(np.uint8)
    if dtype.kind not in "iuf":
        raise refuse(path, f"holds numbers of type {dtype}, which is no image", "Export magnitude or real values.")
    return shape, math.prod(rest), 0, dtype


def _scaling(path: Path, raw: Any) -> tuple[float, float]:
    try:
        slope, intercept = raw.get_slope_inter()
    except HeaderDataError:
        raise refuse(path, "has a slope but no valid intercept", "Set scl_inter in its header.") from None
    return (1.0, 0.0) if slope is None else (float(slope), float(intercept))


def _affine(path: Path, raw: Any) -> NDArray[np.float64]:
    """Index to RAS mm: the sform, else the qform, else the spacing alone (x to the left, as nibabel has it)."""
    remedy = "Set a valid sform or qform, or export the image again."
    try:
        if raw["sform_code"] > 0:
            affine = raw.get_sform()
        elif raw["qform_code"] > 0:
            affine = raw.get_qform()
        else:
            affine = raw.get_base_affine()
    except (HeaderDataError, ValueError):
        raise refuse(path, "has an orientation (qform) that is no rotation", remedy) from None
    affine = np.array(affine, np.float64)
    affine[:3] *= MM_PER_UNIT.get(int(raw["xyzt_units"]) & 7, 1.0)
    if not np.all(np.isfinite(affine)):
        raise refuse(path, "has an affine with NaN or infinite numbers", remedy)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if spacing.min() == 0.0:
        raise refuse(path, "has a spacing of zero", remedy)
    if abs(np.linalg.det(affine[:3, :3] / spacing)) < 1e-6:
        raise refuse(path, "has an affine that can not be inverted: two axes point the same way", remedy)
    return affine


def _own_grid(head: bytes, raw: Any, offset: int, first: int) -> Grid | None:
    """The grid that our own extension states, as long as nobody changed the header's affine since."""
    start = first - 4
    if len(head) < start + 12 or head[start] == 0:
        return None
    size, code = struct.unpack(f"{raw.endianness}ii", head[first : first + 8])
    text = head[first + 8 : first + size].rstrip(b"\0")
    if code != COMMENT or not text.startswith(GRID_NOTE.encode()) or first + size > offset:
        return None
    try:
        note = json.loads(text[len(GRID_NOTE) :])
        grid = Grid(tuple(note["shape"]), np.array(note["affine"]), note["unit"], note["frame"])
    except (ValueError, KeyError, TypeError):
        return None
    stated = embedded(grid.affine).astype(np.float32)
    return grid if np.array_equal(stated, raw.get_sform().astype(np.float32)) else None


def embedded(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """A picture's affine (3, 3) as one of a volume (4, 4) with a single slice; a volume's as it is."""
    if affine.shape == (4, 4):
        return affine
    volume = np.eye(4)
    volume[:2, :2], volume[:2, 3] = affine[:2, :2], affine[:2, 2]
    return volume
