"""Boxes of many pictures in one table, a row for each: an image, a class, and corners or a corner and a size.

`filename,xmin,ymin,xmax,ymax,class`, `image_id,x,y,w,h,label` and their relatives, in any order. Numbers are outer
edges in pixels counted from 0. A row whose numbers are empty says that its picture holds nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hounsfield.formats.boxes import EdgeBox
from hounsfield.formats.table import read_table
from hounsfield.values import refuse

IMAGE = ("filename", "file_name", "image", "image_id", "image_name", "image_path", "img", "path", "file", "patientid")
LABEL = ("class", "class_name", "label", "category", "category_name", "name")
IGNORE = ("ignore", "iscrowd", "difficult")
CORNERS = (("xmin", "ymin", "xmax", "ymax"), ("x_min", "y_min", "x_max", "y_max"), ("x1", "y1", "x2", "y2"))
SIZES = (("x", "y", "w", "h"), ("x", "y", "width", "height"))
ONLY_CLASS = "object"


@dataclass(frozen=True)
class Form:
    """Which columns hold what. label, ignore: None where the table has no such column. has_size: w, h for x2, y2."""

    image: int
    label: int | None
    ignore: int | None
    numbers: tuple[int, ...]
    has_size: bool


def form_of(columns: Sequence[str]) -> Form | None:
    """The form of a table of boxes by the names of its columns; None where it is another table."""
    lower = [column.lower() for column in columns]

    def first(names: Sequence[str]) -> int | None:
        return next((lower.index(name) for name in names if name in lower), None)

    image = first(IMAGE)
    numbers = next((names for names in (*CORNERS, *SIZES) if set(names) <= set(lower)), None)
    if image is None or numbers is None:
        return None
    return Form(image, first(LABEL), first(IGNORE), tuple(map(lower.index, numbers)), numbers in SIZES)


def read_box_table(path: Path) -> dict[str, tuple[EdgeBox, ...]]:
    """The boxes of each picture by the name that the table gives it, in the table's order.

    Refuses other tables, and words for numbers; boxes are checked when their picture is asked for.
    """
    table = read_table(path)
    form = form_of(table.columns)
    if form is None:
        what = f"has the columns {', '.join(table.columns)}; boxes need an image and xmin, ymin, xmax, ymax"
        raise refuse(path, what, "Name the columns in its first line.")
    numbers = np.array(table.numbers(*(table.columns[at] for at in form.numbers)), np.float64).reshape(-1, 4)
    found: dict[str, list[EdgeBox]] = {}
    for line, row, values in zip(table.lines, table.rows, numbers, strict=True):
        where = f"{path}, line {line}"
        image = row[form.image]
        if not image:
            raise refuse(where, "names no image", "Name the picture that the box lies on.")
        boxes = found.setdefault(image, [])
        if np.all(np.isnan(values)):
            continue
        left, top, right, bottom = map(float, values)
        if form.has_size:
            right, bottom = left + right, top + bottom
        label = ONLY_CLASS if form.label is None else row[form.label]
        ignore = form.ignore is not None and row[form.ignore].lower() in ("1", "true", "yes")
        boxes.append(EdgeBox(where, label, (left, right), (top, bottom), ignore))
    return {image: tuple(boxes) for image, boxes in found.items()}
