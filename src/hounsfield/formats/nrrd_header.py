"""The header of an NRRD file: fields as words, the numbers behind them or in one file beside.

Where a file names no anatomical space, its world is taken as LPS, as ITK does. Measurement frames and key/value pairs
are passed over. Source: Definition of NRRD file format (teem, versions 1 to 5).
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import size_of
from hounsfield.formats.orientation import RAS_OF_LPS, volume_grid
from hounsfield.formats.stored import AGAIN, Packing, Stored, StoredVolume
from hounsfield.formats.text_header import beside, floats, header_lines, many_files, shortened, sizes, whole
from hounsfield.values import refuse

TYPES = {
    "i1": ("signed char", "int8", "int8_t"),
    "u1": ("uchar", "unsigned char", "uint8", "uint8_t"),
    "i2": ("short", "short int", "signed short", "signed short int", "int16", "int16_t"),
    "u2": ("ushort", "unsigned short", "unsigned short int", "uint16", "uint16_t"),
    "i4": ("int", "signed int", "int32", "int32_t"),
    "u4": ("uint", "unsigned int", "uint32", "uint32_t"),
    "i8": ("longlong", "long long", "long long int", "signed long long", "signed long long int", "int64", "int64_t"),
    "u8": ("ulonglong", "unsigned long long", "unsigned long long int", "uint64", "uint64_t"),
    "f4": ("float",),
    "f8": ("double",),
}
CODES = {name: code for code, names in TYPES.items() for name in names}

ENCODINGS: dict[str, Packing] = {
    **dict.fromkeys(("gz", "gzip"), "gzip"),
    **dict.fromkeys(("bz2", "bzip2"), "bzip2"),
    **dict.fromkeys(("txt", "text", "ascii"), "text"),
    "raw": "raw",
}

LPS_OF = {
    **dict.fromkeys(("right-anterior-superior", "ras"), RAS_OF_LPS),
    **dict.fromkeys(("left-anterior-superior", "las"), np.array([[1.0], [-1.0], [1.0], [1.0]])),
    **dict.fromkeys(
        ("left-posterior-superior", "lps", "scanner-xyz", "3d-right-handed", "3d-left-handed"), np.ones((4, 1))
    ),
}
"""Signs of the rows from the spaces that a file may name to LPS; those without anatomy are taken as it, as in ITK."""

MM_PER_UNIT = {"m": 1000.0, "cm": 10.0, "um": 0.001}  # anything else is taken as millimetres
IN_SPACE = ("", "domain", "space", "???", "none")
"""Kinds of axes that lie in space where no directions say so."""


def read_header(path: Path) -> StoredVolume:
    """What the header of a .nrrd or .nhdr file says. Refuses what can not be true."""
    fields, end = header_fields(path)
    shape = sizes(path, _field(path, fields, "sizes"), whole(path, "its dimension", _field(path, fields, "dimension")))
    vectors = _directions(path, fields, len(shape))
    spatial = _spatial(path, fields, shape, vectors)
    others = [axis for axis in range(len(shape)) if axis not in spatial and shape[axis] > 1]
    if len(others) > 1:
        what = f"has {len(shape)} axes ({'x'.join(map(str, shape))}); space and one axis of channels can be read"
        raise refuse(path, what, "Split it into files of up to 4 axes.")
    kinds = [_kind(fields, axis).lower() for axis in others]
    if any("complex" in kind for kind in kinds):
        raise refuse(path, "holds complex numbers, which are no image", "Export magnitude or real values.")
    kept = sorted([*spatial, *others])
    axes = tuple(shape[axis] for axis in kept) + (1,) * (3 - len(spatial))
    grid_shape = tuple(shape[axis] for axis in spatial) + (1,) * (3 - len(spatial))
    grid = volume_grid(path, grid_shape, _affine(path, fields, spatial, vectors))
    stored = _stored(path, fields, end, axes)
    stored.check_size()
    if not others:
        return StoredVolume(grid, stored)
    count = 3 if kinds == ["rgba-color"] else shape[others[0]]  # alpha is left out, as in every format
    return StoredVolume(grid, stored, kept.index(others[0]), count)


def data_file(path: Path) -> Path:
    """The file with the numbers: the header's own, or the one that it names."""
    fields, _ = header_fields(path)
    return _data_file(path, fields)


def header_fields(path: Path) -> tuple[dict[str, str], int]:
    """The fields by their names in lower case, and where the header ends."""
    fields: dict[str, str] = {}
    end = 0
    for number, (line, after) in enumerate(header_lines(path)):
        end = after
        if number == 0:
            if not re.fullmatch(r"NRRD000\d", line.strip()):
                what = "is not an NRRD file: its first bytes are others"
                raise refuse(path, what, "Is the suffix right, is it the right file?")
        elif not line.strip():
            return fields, after
        elif not line.startswith("#"):
            name, colon, value = line.partition(":")
            if colon and not value.startswith("="):  # `key:=value` is for people
                fields[name.strip().lower().replace(" ", "")] = value.strip()
    if "datafile" not in fields or end < size_of(path):
        raise refuse(path, "is cut short inside its header, or it has no end", AGAIN)
    return fields, end


def _field(path: Path, fields: Mapping[str, str], name: str) -> str:
    value = fields.get(name.replace(" ", ""), "")
    if not value:
        raise refuse(path, f"does not state {name!r}, which every NRRD file must", AGAIN)
    return value


def _kind(fields: Mapping[str, str], axis: int) -> str:
    kinds = fields.get("kinds", "").split()
    return kinds[axis] if axis < len(kinds) else ""


def _directions(path: Path, fields: Mapping[str, str], count: int) -> list[list[float] | None] | None:
    """The step of each axis in the world, None for those outside of space; None where the file states no directions."""
    text = fields.get("spacedirections")
    if text is None:
        return None
    found = [_vector(path, "space directions", word) for word in re.findall(r"\([^()]*\)|[^\s()]+", text)]
    if len(found) != count or len({len(vector) for vector in found if vector is not None}) > 1:
        raise refuse(path, f"states space directions as {shortened(text)}, for {count} axes", AGAIN)
    return found


def _vector(path: Path, field: str, text: str) -> list[float] | None:
    inside = text.strip().removeprefix("(").removesuffix(")").replace(",", " ")
    if inside.lower() == "none":
        return None
    vector = floats(path, field, inside, len(inside.split()))
    if not 2 <= len(vector) <= 3:
        what = f"has a space of {len(vector)} dimensions; 2 or 3 can be read"
        raise refuse(path, what, "Save a single time of it.")
    return None if all(math.isnan(number) for number in vector) else vector


def _spatial(
    path: Path, fields: Mapping[str, str], shape: tuple[int, ...], vectors: list[list[float] | None] | None
) -> list[int]:
    """The two or three axes that lie in space: those with a direction, or else by their kinds, the first three."""
    if vectors is not None:
        found = [axis for axis, vector in enumerate(vectors) if vector is not None]
    else:
        spacings = fields.get("spacings", "").lower().split()
        found = [axis for axis in range(len(shape)) if _kind(fields, axis).lower() in IN_SPACE]
        found = [axis for axis in found if axis >= len(spacings) or spacings[axis] != "nan"][:3]
    if not 2 <= len(found) <= 3:
        raise refuse(path, f"has {len(found)} axes in space; 2 or 3 can be read", "Split it, or name the kinds.")
    return found


def _affine(
    path: Path, fields: Mapping[str, str], spatial: list[int], vectors: list[list[float] | None] | None
) -> NDArray[np.float64]:
    """Index to LPS mm (4, 4)."""
    affine = np.eye(4)
    space = fields.get("space", "").lower()
    if space and space not in LPS_OF:
        raise refuse(path, f"names the space {shortened(space)}, which can not be read", "Save it in LPS or RAS.")
    if vectors is None:
        return LPS_OF.get(space, np.ones((4, 1))) * _without_directions(path, fields, spatial)
    for column, axis in enumerate(spatial):
        vector = vectors[axis] or []
        affine[: len(vector), column] = vector
    if len(spatial) == 2 and len(vectors[spatial[0]] or []) == 3:  # a slice in space gets a thickness of 1 mm
        normal = np.cross(affine[:3, 0], affine[:3, 1])
        length = float(np.linalg.norm(normal))
        affine[:3, 2] = normal / length if length > 0 else 0.0
    origin = _vector(path, "space origin", fields.get("spaceorigin", "(0,0,0)")) or []
    affine[: len(origin), 3] = origin
    for row, unit in enumerate(re.findall(r'"([^"]*)"', fields.get("spaceunits", ""))[:3]):
        with np.errstate(over="ignore"):
            affine[row] *= MM_PER_UNIT.get(unit, 1.0)
    return LPS_OF.get(space, np.ones((4, 1))) * affine


def _without_directions(path: Path, fields: Mapping[str, str], spatial: list[int]) -> NDArray[np.float64]:
    """Spacings alone; the first centre lies half a step behind `axis mins`, or on them for nodes, as in teem."""
    affine = np.eye(4)
    count = len(fields.get("sizes", "").split())
    spacings = floats(path, "spacings", fields["spacings"], count) if "spacings" in fields else [1.0] * count
    mins = floats(path, "axis mins", fields["axismins"], count) if "axismins" in fields else None
    centers = (fields.get("centers") or fields.get("centerings") or "").lower().split()
    for column, axis in enumerate(spatial):
        affine[column, column] = spacings[axis]
        if mins is not None and not math.isnan(mins[axis]):
            is_node = axis < len(centers) and centers[axis] == "node"
            affine[column, 3] = mins[axis] + (0.0 if is_node else spacings[axis] / 2)
    return affine


def _stored(path: Path, fields: Mapping[str, str], end: int, axes: tuple[int, ...]) -> Stored:
    kind = _field(path, fields, "type").lower()
    if kind not in CODES:
        raise refuse(path, f"holds numbers of type {shortened(kind)}, which is no image", "Save plain numbers.")
    encoding = _field(path, fields, "encoding").lower()
    if encoding not in ENCODINGS:
        raise refuse(path, f"has the encoding {shortened(encoding)}, which is not read", "Save it as raw or gzip.")
    packing = ENCODINGS[encoding]
    dtype = np.dtype(CODES[kind])
    if dtype.itemsize > 1 and packing != "text":
        endian = _field(path, fields, "endian").lower()
        if endian not in ("little", "big"):
            raise refuse(path, f"has the byte order {shortened(endian)}", "Write little or big.")
        dtype = dtype.newbyteorder("<" if endian == "little" else ">")
    file = _data_file(path, fields)
    stored = Stored(file, axes, dtype, packing, end if file == path else 0)
    return _skipping(path, fields, stored)


def _skipping(path: Path, fields: Mapping[str, str], stored: Stored) -> Stored:
    """The numbers behind what is to be skipped; -1 says that they are the end of the file."""
    if fields.get("lineskip", "0") != "0":
        raise refuse(path, "skips lines before its numbers, which is not read", "Save it as one .nrrd.")
    skip = whole(path, "byte skip", fields.get("byteskip", "0"))
    start = stored.start
    if skip == -1 and stored.packing == "raw":
        start, skip = max(0, size_of(stored.path) - stored.nbytes), 0
    if skip < 0:
        raise refuse(path, f"skips {skip} bytes before its numbers", AGAIN)
    return Stored(stored.path, stored.axes, stored.dtype, stored.packing, start, skip)


def _data_file(path: Path, fields: Mapping[str, str]) -> Path:
    name = fields.get("datafile")
    if name is None:
        return path
    if name.startswith("LIST") or re.search(r"%\d*d", name):
        raise many_files(path)
    return beside(path, name)
