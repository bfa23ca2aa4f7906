"""Boxes as CSV: label, score, low and high along each index axis, ignore.

Coordinates are indices as in `Boxes`: a box over the indices a..b inclusive goes from a - 0.5 to b + 0.5.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hounsfield.formats.table import read_table, write_table
from hounsfield.values import Boxes, Grid, refuse

AXES = {2: ("row", "column"), 3: ("i", "j", "k")}


def read_boxes(path: Path, grid: Grid) -> Boxes:
    """Boxes from a CSV, on the grid of the image they were found in. Refuses high corners below low ones."""
    table = read_table(path)
    low = table.numbers(*(f"low_{axis}" for axis in AXES[grid.ndim]))
    high = table.numbers(*(f"high_{axis}" for axis in AXES[grid.ndim]))
    corners = np.array([low, high]).reshape(2, len(table), grid.ndim).transpose(1, 0, 2)
    wrong = np.flatnonzero(~np.all(corners[:, 0] <= corners[:, 1], axis=1))
    if len(wrong):
        where = f"{path}, line {table.lines[wrong[0]]}"
        raise refuse(where, "has a box whose high corner is missing or below its low one", "Mend the line.")
    scores = np.array(table.numbers("score")).reshape(-1)
    ignore = np.zeros(len(table), bool)
    if "ignore" in table.columns:
        ignore = np.array(table.numbers("ignore")).reshape(-1) == 1
    if "label" not in table.columns:
        raise refuse(path, "has no column 'label'", "Name the columns in its first line.")
    labels = tuple(row[table.columns.index("label")] for row in table.rows)
    return Boxes(corners, grid, labels, scores, ignore)


def write_boxes(path: Path, boxes: Boxes) -> None:
    """Write boxes so that they read back equal, given their grid."""
    axes = AXES[boxes.grid.ndim]
    columns = ("label", "score", *(f"low_{a}" for a in axes), *(f"high_{a}" for a in axes), "ignore")
    corners = boxes.corners_index.reshape(len(boxes), 2 * boxes.grid.ndim)
    rows = zip(boxes.labels, boxes.scores, corners, boxes.ignore, strict=True)
    write_table(path, columns, [(name, float(s), *map(float, box), float(i)) for name, s, box, i in rows])
