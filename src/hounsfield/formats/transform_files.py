"""A Transform as NAME.json (affine and both grids) with NAME.nii.gz beside it (the displacement, where there is one).

Displacements are NIfTI vectors: single precision, in mm along the RAS axes. An inverse stands in NAME.inverse.nii.gz.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import writing
from hounsfield.formats.json_values import read_json
from hounsfield.formats.nifti import read_vectors, write_vectors
from hounsfield.values import Grid, Transform, refuse

KIND = "transform"


def write_transform(path: Path, transform: Transform) -> tuple[Path, ...]:
    """Write a transform as NAME.json and, where it has them, its fields; gives the files that were written."""
    path = _json_path(path)
    fields = {"displacement": transform.fixed_grid, "inverse": transform.moving_grid}
    written = [path]
    for name, grid in fields.items():
        field = getattr(transform, name)
        _field_path(path, name).unlink(missing_ok=True)
        if field is not None:
            write_vectors(_field_path(path, name), field, grid)
            written.append(_field_path(path, name))
    data = {
        "kind": KIND,
        "affine": transform.affine.tolist(),
        "fixed_grid": _grid_json(transform.fixed_grid),
        "moving_grid": _grid_json(transform.moving_grid),
        **{name: getattr(transform, name) is not None for name in fields},
    }
    with writing(path):
        path.write_text(json.dumps(data, indent=1, allow_nan=False) + "\n", encoding="utf-8")
    return tuple(written)


def read_transform(path: Path) -> Transform:
    """The transform that `write_transform` wrote. Refuses a field that is missing or lies on another grid."""
    path = _json_path(path)
    data = read_json(path)
    try:
        if data["kind"] != KIND:
            raise ValueError
        fixed, moving = (_grid(data[name]) for name in ("fixed_grid", "moving_grid"))
        affine = np.array(data["affine"], np.float64)
        has = {name: bool(data[name]) for name in ("displacement", "inverse")}
    except (KeyError, TypeError, ValueError):
        raise refuse(path, "is not in the form of a transform", "Write it again, or mend its fields.") from None
    if affine.shape != (fixed.ndim + 1, fixed.ndim + 1) or not np.all(np.isfinite(affine)):
        raise refuse(path, "has an affine that does not fit its grid", "Write the transform again.")
    displacement = _read_field(path, "displacement", fixed) if has["displacement"] else None
    inverse = _read_field(path, "inverse", moving) if has["inverse"] else None
    return Transform(fixed, moving, affine, displacement, inverse)


def _json_path(path: Path) -> Path:
    if Path(path).suffix != ".json":
        raise refuse(path, "is no name of a transform", "Let it end in .json.")
    return Path(path)


def _field_path(path: Path, name: str) -> Path:
    return path.with_name(path.stem + (".nii.gz" if name == "displacement" else f".{name}.nii.gz"))


def _read_field(path: Path, name: str, grid: Grid) -> NDArray[np.float32]:
    file = _field_path(path, name)
    vectors, found = read_vectors(file)
    if found != grid:
        raise refuse(
            file, f"lies on {found}, but {path.name} states {grid}", "Keep both files of a transform together."
        )
    return vectors


def _grid_json(grid: Grid) -> dict[str, Any]:
    return {"shape": grid.shape, "affine": grid.affine.tolist(), "unit": grid.unit, "frame": grid.frame}


def _grid(data: Any) -> Grid:
    return Grid(tuple(data["shape"]), np.array(data["affine"]), data["unit"], data["frame"])
