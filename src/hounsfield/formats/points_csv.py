"""Named points as CSV: name, x, y[, z], present.

In a volume x, y, z are RAS millimetres. In a picture x goes along the columns and y along the rows, in pixels or in
the millimetres of its world. Landmarks of histology, `,X,Y` with numbers in place of names, are read too.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.points import from_index, named_points
from hounsfield.formats.table import Table, read_table, write_table
from hounsfield.values import Grid, Points, refuse

AXES = {2: ("y", "x"), 3: ("x", "y", "z")}
"""The columns in the order of the world's axes: those of a picture are row and column."""

NUMBERED = ("", "X", "Y")


def read_points(path: Path, grid: Grid | None = None) -> Points:
    """Points from a CSV. Without a column `present`, points with coordinates are present, others unknown.

    grid: of the picture; numbered landmarks are its pixels, anything else is in the world already.
    """
    table = read_table(path)
    if table.columns == NUMBERED:
        pixels = _places(table, ("Y", "X"))
        places = pixels if grid is None else from_index(path, pixels, grid)
        return named_points(path, [row[0] for row in table.rows], places, _found(places), d=2)
    d = 3 if "z" in table.columns else 2
    if not {"name", *AXES[d]} <= set(table.columns):
        what = f"has the columns {', '.join(table.columns)}; points need name, x, y and, in a volume, z"
        raise refuse(path, what, "Name the columns in its first line.")
    names = [row[table.columns.index("name")] for row in table.rows]
    places = _places(table, AXES[d])
    present = [row[0] for row in table.numbers("present")] if "present" in table.columns else _found(places)
    _refuse_placeless(table, names, places, present)
    return named_points(path, names, places, present, d=d)


def write_points(path: Path, points: Points) -> None:
    """Write points so that they read back equal; an unknown `present` is left empty."""
    axes = AXES[points.coordinates.shape[1]]
    places = points.coordinates[:, [axes.index(axis) for axis in sorted(axes)]]
    rows = zip(points.names, places, points.present, strict=True)
    columns = ("name", *sorted(axes), "present")
    write_table(path, columns, [(name, *map(float, place), float(is_there)) for name, place, is_there in rows])


def _places(table: Table, axes: tuple[str, ...]) -> NDArray[np.float64]:
    places = np.array(table.numbers(*axes), np.float64).reshape(len(table), len(axes))
    endless = np.flatnonzero(np.any(np.isinf(places), axis=1))
    if len(endless):
        where = f"{table.where}, line {table.lines[endless[0]]}"
        raise refuse(where, "has an infinite coordinate", "Leave it empty where it is unknown.")
    return places


def _found(places: NDArray[np.float64]) -> list[float]:
    return [1.0 if is_there else float("nan") for is_there in np.all(np.isfinite(places), axis=1)]


def _refuse_placeless(table: Table, names: list[str], places: NDArray[np.float64], present: list[float]) -> None:
    placeless = np.flatnonzero(~np.all(np.isfinite(places), axis=1) & (np.array(present) > 0.5))
    if len(placeless):
        where = f"{table.where}, line {table.lines[placeless[0]]}"
        raise refuse(where, f"says that {names[placeless[0]]!r} is present, but not where", "Give its coordinates.")
