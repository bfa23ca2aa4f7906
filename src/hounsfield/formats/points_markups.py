"""Points of 3D Slicer's markups (.mrk.json, .json): its fiducial lists; lines, curves and planes are left out.

Coordinates are LPS unless the file says RAS. Source: Slicer's markups schema, versions 1.0.0 to 1.0.3.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hounsfield.formats.json_values import is_number, read_json
from hounsfield.formats.orientation import LPS_TO_RAS
from hounsfield.formats.points import ABSENT, LIMIT, PRESENT, UNKNOWN, named_points
from hounsfield.values import Grid, Points, refuse

SIGNS = {"LPS": LPS_TO_RAS.tolist(), "RAS": [1.0, 1.0, 1.0]}
STATUS = {"defined": PRESENT, "missing": ABSENT, "undefined": UNKNOWN, "preview": UNKNOWN}
AGAIN = "Save it again in Slicer."


def read_points(path: Path, grid: Grid | None = None) -> Points:
    """The points of a markups file in the RAS world, named by their labels; several lists are joined.

    A point that was not placed is unknown, one that was declared missing is absent. grid: not needed.
    """
    names, places, present = [], [], []
    for where, point, signs in _control_points(Path(path)):
        status = str(point.get("positionStatus", "defined"))
        if status not in STATUS:
            raise refuse(where, f"has the positionStatus {status[:40]!r}", f"Known are {', '.join(STATUS)}.")
        label = point.get("label")
        names.append("" if label is None else str(label))
        is_placed = STATUS[status] == PRESENT
        places.append(_place(where, point.get("position"), signs) if is_placed else [UNKNOWN] * 3)
        present.append(STATUS[status])
    return named_points(path, names, places, present)


def _control_points(path: Path) -> list[tuple[str, dict[str, Any], list[float]]]:
    """Where each point of the fiducial lists is, its content, and the signs of its axes."""
    data = read_json(path, limit=LIMIT)
    markups = data.get("markups") if isinstance(data, dict) else None
    if not isinstance(markups, list):
        remedy = "Is it the right file? Centroids in VerSe's form are known by a name that ends in _ctd.json."
        raise refuse(path, "is no file of Slicer's markups: it has no list 'markups'", remedy)
    lists = [one for one in markups if isinstance(one, dict) and one.get("type") == "Fiducial"]
    if not lists:
        raise refuse(path, "holds no list of points (type Fiducial)", "Is it the right file?")
    found = []
    for one in lists:
        system, unit = str(one.get("coordinateSystem", "LPS")), one.get("coordinateUnits", "mm")
        if system not in SIGNS:
            raise refuse(path, f"has the coordinate system {system[:40]!r}", "LPS and RAS can be read.")
        if (unit[0] if isinstance(unit, list) and unit else unit) != "mm":
            raise refuse(path, f"has coordinates in {str(unit)[:40]!r}", "Save it in mm.")
        points = one.get("controlPoints", [])
        if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
            raise refuse(path, "has no list 'controlPoints' of points", AGAIN)
        found += [(f"{path}, point {number}", point, SIGNS[system]) for number, point in enumerate(points, start=1)]
    return found


def _place(where: str, position: Any, signs: list[float]) -> list[float]:
    if not isinstance(position, list) or len(position) != 3 or not all(map(is_number, position)):
        raise refuse(where, "has no position of three numbers", AGAIN)
    return [float(value) * sign for value, sign in zip(position, signs, strict=True)]
