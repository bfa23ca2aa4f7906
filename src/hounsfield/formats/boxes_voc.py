"""Boxes from Pascal VOC annotations (XML).

VOC counts pixels from 1 and means them inclusively, so xmin..xmax covers the indices xmin - 1 .. xmax - 1 and the box
is [xmin - 1.5, xmax - 0.5] along columns; y goes along rows. Source: M. Everingham et al., "The PASCAL Visual Object
Classes (VOC) Challenge", IJCV 88, 2010, and its development kit.
"""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree
from xml.parsers import expat

import numpy as np

from hounsfield.formats.files import read_bytes
from hounsfield.values import Boxes, Grid, MiB, refuse

LIMIT = 16 * MiB


def read_boxes(path: Path, *, grid: Grid | None = None) -> Boxes:
    """The boxes of one picture, corners as (row, column).

    grid: the picture's; without it the size that the file states. Boxes without width or height, and those marked
    `difficult`, are kept with ignore = True. Refuses files with a document type (which could expand without end),
    boxes with exchanged corners, and boxes more than a pixel outside the picture.
    """
    root = parse_annotation(Path(path))
    grid = grid or _stated_grid(path, root)
    corners, labels, ignore = [], [], []
    for number, item in enumerate(root.iter("object"), start=1):
        where = f"{path}, object {number}"
        name = (item.findtext("name") or "").strip()
        if not name:
            raise refuse(where, "has no name", "Name its class in <name>.")
        low, high = (np.array([_number(where, item, f"{axis}{end}") for axis in "yx"]) for end in ("min", "max"))
        if np.any(high < low):
            raise refuse(where, "has a corner xmax or ymax below xmin or ymin", "Exchange the corners.")
        size = np.array(grid.shape)
        if np.any(low < 0) or np.any(high > size + 1):
            reach = f"columns {low[1]:g} to {high[1]:g}, rows {low[0]:g} to {high[0]:g}"
            what = f"has {reach}, outside the picture of {size[1]} x {size[0]} pixels"
            raise refuse(where, what, "Does it belong to another picture, or to one of another size?")
        corners.append(np.clip([low - 1.5, high - 0.5], -0.5, size - 0.5))
        labels.append(name)
        ignore.append(bool(np.any(high == low)) or (item.findtext("difficult") or "").strip() == "1")
    return Boxes(np.array(corners).reshape(-1, 2, 2), grid, tuple(labels), ignore=np.array(ignore, bool))


def parse_annotation(path: Path) -> ElementTree.Element:
    """The root of an annotation. Refuses other XML, and files with a document type."""
    data = read_bytes(path, limit=LIMIT)
    checker = expat.ParserCreate()

    def document_type(*_: object) -> None:
        raise refuse(path, "has a document type (DOCTYPE), which is not read", "Remove its DOCTYPE and ENTITY lines.")

    checker.StartDoctypeDeclHandler = document_type
    try:
        checker.Parse(data, True)
        root = ElementTree.fromstring(data)
    except (expat.ExpatError, ElementTree.ParseError, ValueError, LookupError) as error:
        raise refuse(path, f"is cut short or no XML ({error})", "Export the annotation again.") from None
    if root.tag != "annotation":
        raise refuse(path, f"is no VOC annotation: it begins with <{root.tag}>", "Is it the right file?")
    return root


def _stated_grid(path: Path, root: ElementTree.Element) -> Grid:
    size = root.find("size")
    if size is None:
        raise refuse(path, "does not state the picture's size", "Add <size> with <width> and <height>.")
    shape = tuple(int(_number(str(path), size, name)) for name in ("height", "width"))
    if min(shape) < 1:
        raise refuse(path, f"states a size of {shape[1]} x {shape[0]} pixels", "Mend <size>.")
    return Grid.picture(shape)


def _number(where: str, element: ElementTree.Element, name: str) -> float:
    text = next((child.text for child in element.iter(name)), None)
    try:
        value = float(text or "")
    except ValueError:
        value = float("nan")
    if not np.isfinite(value):
        raise refuse(where, f"has no number in <{name}>", "Mend the annotation.")
    return value
