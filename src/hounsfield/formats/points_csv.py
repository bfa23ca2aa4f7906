"""Named points as CSV: name, x, y[, z] in the world (RAS mm; pixels in a picture), present."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hounsfield.formats.table import read_table, write_table
from hounsfield.values import Points, refuse

AXES = ("x", "y", "z")


def read_points(path: Path) -> Points:
    """Points from a CSV. Without a column `present`, points with coordinates are present, others unknown."""
    table = read_table(path)
    axes = [axis for axis in AXES if axis in table.columns]
    if "name" not in table.columns or len(axes) < 2:
        what = f"has the columns {', '.join(table.columns)}; points need name, x, y and, in a volume, z"
        raise refuse(path, what, "Name the columns in its first line.")
    names = tuple(row[table.columns.index("name")] for row in table.rows)
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise refuse(path, f"has the point {twice[0]!r} twice", "Give each point a name of its own.")
    coordinates = np.array(table.numbers(*axes)).reshape(len(names), len(axes))
    found = np.all(np.isfinite(coordinates), axis=1)
    if "present" in table.columns:
        present = np.array(table.numbers("present")).reshape(-1)
    else:
        present = np.where(found, 1.0, np.nan)
    placeless = np.flatnonzero(~found & (present > 0.5))
    if len(placeless):
        where = f"{path}, line {table.lines[placeless[0]]}"
        raise refuse(where, f"says that {names[placeless[0]]!r} is present, but not where", "Give its coordinates.")
    return Points(coordinates, names, present)


def write_points(path: Path, points: Points) -> None:
    """Write points so that they read back equal; an unknown `present` is left empty."""
    axes = AXES[: points.coordinates.shape[1]]
    rows = zip(points.names, points.coordinates, points.present, strict=True)
    write_table(path, ("name", *axes, "present"), [(name, *map(float, xyz), float(is_)) for name, xyz, is_ in rows])
