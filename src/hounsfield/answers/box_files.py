"""Boxes on disk: a table that people can read, and the grid that its indices count on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hounsfield.answers.writing import aside, write_json
from hounsfield.formats import boxes_csv
from hounsfield.formats.files import stem_of
from hounsfield.formats.json_values import read_json
from hounsfield.values import Boxes, Grid, refuse


def write_boxes(boxes: Boxes, stem: Path) -> Sequence[Path]:
    """STEM.csv, a line a box, and STEM.grid.json: shape, affine, unit and frame of the grid."""
    table, sidecar = stem.with_name(f"{stem.name}.csv"), stem.with_name(f"{stem.name}.grid.json")
    grid = boxes.grid
    # the grid first: a table without it can not be read
    write_json(sidecar, {"shape": grid.shape, "affine": grid.affine.tolist(), "unit": grid.unit, "frame": grid.frame})
    with aside(table) as other:
        boxes_csv.write_boxes(other, boxes)
    return [table, sidecar]


def read_boxes(path: Path) -> Boxes:
    """The boxes of a table beside which its grid lies. Raises Refused where the grid is missing or no grid."""
    sidecar = path.with_name(f"{stem_of(path)}.grid.json")
    if not sidecar.exists():
        what = f"does not say on which grid its boxes lie: {sidecar.name} is missing"
        raise refuse(path, what, "Keep both files of an answer together.")
    data = read_json(sidecar)
    try:
        grid = Grid(tuple(data["shape"]), np.array(data["affine"], np.float64), data["unit"], data["frame"])
    except (KeyError, TypeError, ValueError):
        raise refuse(sidecar, "is not in the form of a grid", "Predict again.") from None
    if grid.ndim not in boxes_csv.AXES:
        raise refuse(sidecar, f"has {grid.ndim} axes, and boxes have 2 or 3", "Predict again.")
    return boxes_csv.read_boxes(path, grid)
