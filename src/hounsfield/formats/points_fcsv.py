"""Points of 3D Slicer's .fcsv files, versions 4.6 to 5.

Lines with # are the header. CoordinateSystem is 0 or RAS, 1 or LPS (from 4.11 on the usual one), 2 or IJK; columns
names the fields. The label is a point's name: ids count from 0 or from 1 and rows come in any order. Version 5 adds
two fields without a name: the first says whether the point was placed.
Source: Slicer's developer guide, "Markups fiducial point list file format".
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hounsfield.formats.files import read_bytes
from hounsfield.formats.json_values import is_number
from hounsfield.formats.orientation import LPS_TO_RAS
from hounsfield.formats.points import ABSENT, LIMIT, PRESENT, UNKNOWN, from_index, named_points
from hounsfield.formats.table import cell, decode
from hounsfield.values import Grid, Points, refuse
from hounsfield.values.wording import count

VERSION, SYSTEM, COLUMNS = "Markups fiducial file version", "CoordinateSystem", "columns"
USUAL = "id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label,desc,associatedNodeID"
SYSTEMS = {"0": "RAS", "RAS": "RAS", "1": "LPS", "LPS": "LPS", "2": "IJK", "IJK": "IJK"}
STATUS = {"0": UNKNOWN, "1": UNKNOWN, "2": PRESENT, "3": ABSENT}  # undefined, preview, defined, missing


@dataclass(frozen=True)
class Row:
    """A line of the file: label and place as they are written, blanks included, and whether the point is there."""

    line: int
    label: str
    place: tuple[float, ...]
    present: float


def read_points(path: Path, grid: Grid | None = None) -> Points:
    """The points of a .fcsv file in the RAS world, named by their labels.

    grid: of the image, for files whose places are indices (IJK). A point that Slicer keeps a line for without a place
    is unknown, one that was declared missing is absent.
    """
    system, rows = read_rows(path)
    places = np.array([row.place for row in rows], np.float64).reshape(-1, 3)
    if system == "LPS":
        places = places * LPS_TO_RAS
    elif system == "IJK":
        places = from_index(path, places, grid)
    return named_points(path, [row.label for row in rows], places, [row.present for row in rows])


def read_rows(path: Path) -> tuple[str, tuple[Row, ...]]:
    """The coordinate system (RAS, LPS or IJK) and the rows, whose labels a check of the names looks at."""
    text = decode(read_bytes(Path(path), limit=LIMIT), where=str(path))
    lines = [(number, line) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    header: dict[str, str] = {}
    for number, line in lines:
        word, _, value = (part.strip() for part in line.lstrip("# ").partition("="))
        if line[0] == "#" and header.setdefault(word, value) != value and word in (SYSTEM, COLUMNS):
            what = f"has the {word} {value[:60]!r}, after {header[word][:60]!r} above"
            raise refuse(f"{path}, line {number}", what, "Keep each list of points in a file of its own.")
    if VERSION not in header:
        what = f"is no .fcsv file of Slicer 4.6 or later: it has no line '# {VERSION} = ...'"
        raise refuse(path, what, "Load it into Slicer and save it again.")
    columns = tuple(name.strip() for name in header.get(COLUMNS, USUAL).split(","))
    for name in ("x", "y", "z", "label"):
        if name not in columns:
            raise refuse(path, f"has no column {name!r}; its columns are {', '.join(columns)[:200]}", "Save it again.")
    rows = [_row(f"{path}, line {number}", number, line, columns) for number, line in lines if line[0] != "#"]
    return _system(path, header.get(SYSTEM)), tuple(rows)


def _system(path: Path, stated: str | None) -> str:
    """Programs disagree on what a missing line means, and a guess would turn left and right around."""
    if stated not in SYSTEMS:
        what = f"has the coordinate system {stated[:40]!r}" if stated else "does not say its coordinate system"
        raise refuse(path, what, f"Write '# {SYSTEM} = RAS' or '= LPS' into its header, whichever it is.")
    return SYSTEMS[stated]


def _row(where: str, number: int, line: str, columns: tuple[str, ...]) -> Row:
    try:
        fields = next(csv.reader([line]))
    except csv.Error as error:
        raise refuse(where, f"is no row of points ({error})", "Check its quotes.") from None
    at = {name: columns.index(name) for name in ("x", "y", "z", "label")}
    if len(fields) <= max(at.values()):
        raise refuse(where, f"has {count(len(fields), 'field')}, not {len(columns)}", "Mend or remove the line.")
    present = STATUS.get(fields[len(columns)].strip(), PRESENT) if len(fields) > len(columns) else PRESENT
    place = tuple(_number(where, fields[at[axis]], axis) if present == PRESENT else UNKNOWN for axis in "xyz")
    return Row(number, fields[at["label"]], place, present)


def _number(where: str, text: str, axis: str) -> float:
    value = cell(text)
    if not isinstance(value, float) or not is_number(value):
        raise refuse(where, f"has {text[:40]!r} as {axis}, where a number is needed", "Mend or remove the line.")
    return value
