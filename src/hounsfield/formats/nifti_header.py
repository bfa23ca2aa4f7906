"""The header of a NIfTI file: what it promises, held against the file before memory is taken.

Where sform and qform disagree the sform counts, as in nibabel; where neither is set, the spacing alone.
Source: NIfTI-1 (nifti1.h, 2003) and NIfTI-2 (nifti2.h, 2011); the fields are parsed by nibabel.
"""

from __future__ import annotations

import gzip
import json
import math
import struct
import zlib
from os.path import isfile
from pathlib import Path
from typing import Any

import nibabel as nib
import numpy as np
from nibabel.spatialimages import HeaderDataError
from numpy.typing import NDArray

from hounsfield.formats.files import size_of
from hounsfield.formats.orientation import checked_affine
from hounsfield.formats.stored import AGAIN, Stored, StoredVolume
from hounsfield.values import Grid, Refused, refuse

HEAD = 4 * 1024
"""Bytes read at the beginning: the header and our own extension, which always comes first and has some hundred."""

GRID_NOTE = "hounsfield grid "
COMMENT = 6  # NIfTI's code for an extension of plain text
MM_PER_UNIT = {1: 1000.0, 3: 0.001}  # NIFTI_UNITS_METER and _MICRON; anything else is taken as millimetres
PAIR_SUFFIXES = (".img", ".IMG", ".img.gz")


def read_header(path: Path) -> StoredVolume:
    """What the header of a .nii, .nii.gz or .hdr file says; told by content. Refuses what can not be true."""
    size_of(path)
    packed, head = _head(path)
    raw, is_pair = _parse(path, head)
    shape, channels, components, dtype = _elements(path, raw)
    slope, intercept = _scaling(path, raw) if not components else (1.0, 0.0)
    length = int(raw["sizeof_hdr"])
    first = 0 if is_pair else length + 4  # a file may say 0 for "right behind the header"
    if not 0 <= raw["vox_offset"] < np.inf:
        raise refuse(path, f"says that its numbers begin at byte {raw['vox_offset']}", AGAIN)
    offset = max(int(raw["vox_offset"]), first)
    grid = _own_grid(head, raw, offset, length + 4, shape) or Grid(shape, _affine(path, raw))
    axes: tuple[int, ...] = (components, *shape) if components else (*shape, channels)
    holder = data_file(path) if is_pair else path
    packed = packed if holder == path else holder.suffix == ".gz"
    stored = Stored(holder, axes, dtype, "gzip", 0, offset) if packed else Stored(holder, axes, dtype, "raw", offset)
    stored.check_size()
    return StoredVolume(grid, stored, 0 if components else 3, channels, 0, slope, intercept)


def data_file(path: Path) -> Path:
    """The file with the numbers: for a .hdr the .img (or .img.gz) of its name beside it, where there is one."""
    if path.suffix.lower() != ".hdr":
        return path
    pairs = [path.with_suffix(suffix) for suffix in PAIR_SUFFIXES]
    return next((pair for pair in pairs if isfile(pair)), path)


def raw_header(path: Path) -> Any:
    """The fields of a header as nibabel has them, in the file's byte order, without extensions."""
    return _parse(path, _head(path)[1])[0]


def intent_of(path: Path) -> int:
    """NIfTI's code of what the numbers of a file mean."""
    return int(raw_header(path)["intent_code"])


def grid_note(grid: Grid) -> Any:
    """The header extension that states a grid to the bit, for those that NIfTI's own fields can not hold."""
    note = {"shape": grid.shape, "affine": grid.affine.tolist(), "unit": grid.unit, "frame": grid.frame}
    make: Any = nib.nifti1.Nifti1Extension
    return make("comment", (GRID_NOTE + json.dumps(note)).encode())


def embedded(affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """A picture's affine (3, 3) as one of a volume (4, 4) with a single slice; a volume's as it is."""
    if affine.shape == (4, 4):
        return affine
    volume = np.eye(4)
    volume[:2, :2], volume[:2, 3] = affine[:2, :2], affine[:2, 2]
    return volume


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


def _parse(path: Path, head: bytes) -> tuple[Any, bool]:
    """The fields of the header, and whether the numbers are in another file."""
    kinds: dict[int, Any] = {348: (nib.Nifti1Header, 344, b"n+1", b"ni1"), 540: (nib.Nifti2Header, 4, b"n+2", b"ni2")}
    if len(head) < 4:
        raise refuse(path, "is cut short", AGAIN)
    for order in "<>":
        length = struct.unpack(f"{order}i", head[:4])[0]
        if length not in kinds:
            continue
        kind, at, single, pair = kinds[length]
        magic = head[at : at + 3]
        if magic not in (single, pair):
            continue
        if len(head) < length:
            raise refuse(path, "is cut short inside its header", AGAIN)
        if magic == pair and data_file(path) == path:
            remedy = "Name its .hdr and keep the .img beside it, or convert the pair into one .nii file."
            raise refuse(path, "is one half of a .hdr/.img pair, and the other is not there", remedy)
        return kind(head[:length], endianness=order, check=False), magic == pair
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
    if raw["pixdim"][0] == 0:
        raw["pixdim"][0] = 1  # the standard's reading of a handedness that is not stated
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused below
            if raw["sform_code"] > 0:
                affine = raw.get_sform()
            elif raw["qform_code"] > 0:
                affine = raw.get_qform()
            else:
                affine = raw.get_base_affine()
            affine = np.array(affine, np.float64)
            affine[:3] *= MM_PER_UNIT.get(int(raw["xyzt_units"]) & 7, 1.0)
    except (HeaderDataError, ValueError):
        remedy = "Set a valid sform or qform, or export the image again."
        raise refuse(path, "has an orientation (qform) that is no rotation with a positive spacing", remedy) from None
    return checked_affine(path, affine)


def _own_grid(head: bytes, raw: Any, offset: int, first: int, shape: tuple[int, ...]) -> Grid | None:
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
        stated = checked_affine("", embedded(grid.affine)).astype(np.float32)
    except (ValueError, KeyError, TypeError, IndexError, OverflowError, Refused):
        return None
    fits = grid.unit in ("mm", "px") and (grid.shape if grid.ndim == 3 else (*grid.shape, 1)) == shape
    with np.errstate(invalid="ignore"):
        return grid if fits and np.array_equal(stated, raw.get_sform().astype(np.float32)) else None
