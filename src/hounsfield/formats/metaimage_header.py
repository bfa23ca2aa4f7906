"""The header of a MetaImage: `Key = Value` lines, the last of which says where the numbers are.

The world of a file is LPS, whatever its AnatomicalOrientation says, as in ITK. A slope and intercept are applied,
which ITK leaves to its user. Source: MetaIO of ITK.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import size_of
from hounsfield.formats.orientation import volume_grid
from hounsfield.formats.stored import AGAIN, Packing, Stored, StoredVolume
from hounsfield.formats.text_header import beside, floats, header_lines, many_files, shortened, sizes, whole
from hounsfield.values import refuse

TYPES = {
    "i1": "MET_CHAR",
    "u1": "MET_UCHAR",
    "i2": "MET_SHORT",
    "u2": "MET_USHORT",
    "i4": "MET_INT",
    "u4": "MET_UINT",
    "i8": "MET_LONG_LONG",
    "u8": "MET_ULONG_LONG",
    "f4": "MET_FLOAT",
    "f8": "MET_DOUBLE",
}
CODES = {name: code for code, name in TYPES.items()} | {"MET_LONG": "i4", "MET_ULONG": "u4"}

OFFSET = ("Offset", "Position", "Origin")
MATRIX = ("TransformMatrix", "Rotation", "Orientation")
SPACING = ("ElementSpacing", "ElementSize")
BIG_ENDIAN = ("BinaryDataByteOrderMSB", "ElementByteOrderMSB")
LAST = "ElementDataFile"


def read_header(path: Path) -> StoredVolume:
    """What the header of a .mha or .mhd file says. Refuses what can not be true."""
    fields, end = header_fields(path)
    d = whole(path, "its dimensions", fields.get("NDims", ""))
    if not 2 <= d <= 4:
        raise refuse(path, f"declares {d} axes; an image has 2 to 4", AGAIN)
    shape = sizes(path, fields.get("DimSize", ""), d)
    fastest = whole(path, "ElementNumberOfChannels", fields.get("ElementNumberOfChannels", "1"))
    slowest = shape[3] if d == 4 else 1
    if fastest < 1 or (fastest > 1 and slowest > 1):
        what = f"has {fastest} channels in each of {slowest} volumes; one axis of channels can be read"
        raise refuse(path, what, "Split it into files of up to 4 axes.")
    grid_shape = (*shape[:3], 1)[:3]
    grid = volume_grid(path, grid_shape, _affine(path, fields, d))
    axes = (fastest, *grid_shape) if fastest > 1 else (*grid_shape, slowest)
    stored = _stored(path, fields, end, axes)
    stored.check_size()
    slope = floats(path, "its slope", fields.get("ElementToIntensityFunctionSlope", "1"), 1)[0]
    intercept = floats(path, "its intercept", fields.get("ElementToIntensityFunctionOffset", "0"), 1)[0]
    if not np.isfinite([slope, intercept]).all() or slope == 0:
        raise refuse(path, f"has the slope {slope:g} and the intercept {intercept:g}", AGAIN)
    return StoredVolume(grid, stored, 0 if fastest > 1 else 3, fastest * slowest, 0, slope, intercept)


def data_file(path: Path) -> Path:
    """The file with the numbers: the header's own, or the one that it names."""
    fields, _ = header_fields(path)
    return _data_file(path, fields)


def header_fields(path: Path) -> tuple[dict[str, str], int]:
    """The fields by name, and where the header ends."""
    fields: dict[str, str] = {}
    for line, after in header_lines(path):
        key, equals, value = line.partition("=")
        if not equals:
            break
        fields[key.strip()] = value.strip()
        if key.strip() == LAST:
            if fields.get("ObjectType", "Image").lower() != "image":
                raise refuse(path, f"holds an object of type {shortened(fields['ObjectType'])}, no image")
            return fields, after
    if "NDims" in fields or "ObjectType" in fields:
        raise refuse(path, f"is cut short inside its header: it has no {LAST}", AGAIN)
    raise refuse(path, "is not a MetaImage: its first bytes are others", "Is the suffix right, is it the right file?")


def _affine(path: Path, fields: Mapping[str, str], d: int) -> NDArray[np.float64]:
    """Index to LPS mm (4, 4)."""
    affine = np.eye(4)
    n = min(d, 3)
    steps = _first(fields, SPACING) or " ".join(["1"] * d)
    spacing = floats(path, SPACING[0], steps, d)
    if min(spacing) < 0:
        raise refuse(path, f"has the spacing {shortened(steps)}", "A spacing is positive; mend it.")
    matrix = np.eye(d)
    stated = _first(fields, MATRIX)
    if stated is not None:  # the direction of each axis after another, so that they are the columns
        matrix = np.array(floats(path, MATRIX[0], stated, d * d)).reshape(d, d).T
    origin = _first(fields, OFFSET)
    with np.errstate(over="ignore", invalid="ignore"):  # what is not finite is refused with the affine
        affine[:n, :n] = (matrix * spacing)[:n, :n]
    affine[:n, 3] = [0.0] * n if origin is None else floats(path, OFFSET[0], origin, d)[:n]
    return affine


def _stored(path: Path, fields: Mapping[str, str], end: int, axes: tuple[int, ...]) -> Stored:
    kind = fields.get("ElementType", "").removesuffix("_ARRAY")
    if kind not in CODES:
        raise refuse(path, f"holds numbers of type {shortened(kind)}, which is no image", "Save plain numbers.")
    is_big = _is_true(_first(fields, BIG_ENDIAN))
    dtype = np.dtype(CODES[kind]).newbyteorder(">" if is_big else "<")
    packing: Packing = "raw"
    if not _is_true(fields.get("BinaryData", "True")):
        packing = "text"
    elif _is_true(fields.get("CompressedData")):
        packing = "zlib"
    file = _data_file(path, fields)
    stored = Stored(file, axes, dtype, packing, end if file == path else 0)
    skip = whole(path, "HeaderSize", fields.get("HeaderSize", "0"))
    if skip == -1 and packing == "raw":
        return Stored(file, axes, dtype, packing, max(0, size_of(file) - stored.nbytes))
    if skip < 0:
        raise refuse(path, f"skips {skip} bytes before its numbers", AGAIN)
    return Stored(file, axes, dtype, packing, stored.start + skip)


def _data_file(path: Path, fields: Mapping[str, str]) -> Path:
    name = fields[LAST]
    if name.upper() == "LOCAL":
        return path
    if name.upper().startswith("LIST") or "%" in name:
        raise many_files(path)
    return beside(path, name)


def _first(fields: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((fields[name] for name in names if name in fields), None)


def _is_true(text: str | None) -> bool:
    return (text or "").lower() in ("true", "t", "1", "yes")
