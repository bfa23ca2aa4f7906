"""Points of elastix and transformix (.pts, .txt): `point` or `index`, the number of points, then a line for each.

`point` means coordinates of ITK's world (LPS in a volume; x along the columns and y along the rows of a picture),
`index` means indices of the image. The points have no names but their order, counted from 1.
Source: elastix's manual, "transformix".
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import read_bytes
from hounsfield.formats.orientation import LPS_TO_RAS
from hounsfield.formats.points import LIMIT, PRESENT, from_index, named_points
from hounsfield.formats.table import cell, decode
from hounsfield.values import Grid, Points, refuse


def read_points(path: Path, grid: Grid | None = None) -> Points:
    """The points of an elastix file in the world: RAS mm in a volume, (row, column) in a picture, named 1, 2, ...

    grid: of the image, for files that give indices; a picture's pixels are taken as its world without it.
    """
    path = Path(path)
    text = decode(read_bytes(path, limit=LIMIT), where=str(path))
    lines = [(number, line.split()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    kind = lines[0][1][0].lower() if lines else ""
    if kind not in ("point", "index"):
        raise refuse(path, f"begins with {kind[:20]!r}, not with 'point' or 'index'", "Is it a file of elastix?")
    count = lines[1][1][0] if len(lines) > 1 else ""
    held = max(0, len(lines) - 2)
    if count != str(held):
        what = f"says that it has {count[:20] or 'no'} points, and holds {held}"
        raise refuse(path, what, "Is it complete? Mend its second line.")
    places = _places(path, lines[2:])
    is_flat = places.shape[1] == 2
    if is_flat:
        places = places[:, ::-1]  # x, y of the file are column, row
    if kind == "index" and not (is_flat and grid is None):
        places = from_index(path, places, grid)
    elif kind == "point" and not is_flat:
        places = places * LPS_TO_RAS
    names = [str(number) for number in range(1, len(places) + 1)]
    return named_points(path, names, places, [PRESENT] * len(places), d=places.shape[1])


def _places(path: Path, lines: list[tuple[int, list[str]]]) -> NDArray[np.float64]:
    d = len(lines[0][1]) if lines else 3
    rows = []
    for number, fields in lines:
        values = [cell(field) for field in fields]
        if len(values) != d or d not in (2, 3) or not all(isinstance(v, float) and np.isfinite(v) for v in values):
            what = f"has no {'two or three' if d not in (2, 3) else d} numbers: {' '.join(fields)[:40]!r}"
            raise refuse(f"{path}, line {number}", what, "Mend the line.")
        rows.append(values)
    return np.array(rows, np.float64).reshape(-1, d)
