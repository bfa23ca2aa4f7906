"""Boxes as YOLO has them: a text file for each picture, a line for each object, its numbers shares of the picture.

`class x_centre y_centre width height`, maybe with a confidence behind; or `class x1 y1 x2 y2 x3 y3 ...`, an outline, of
which the box around it is read. A share is measured from the outer edge of the first pixel: x * width is an edge in
pixels counted from 0, and the index there is x * width - 0.5.
Source: J. Redmon and A. Farhadi, "YOLO9000: Better, Faster, Stronger", CVPR 2017, and Darknet's description of labels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.boxes import EdgeBox, boxes_of
from hounsfield.formats.files import read_bytes
from hounsfield.formats.table import cell, decode
from hounsfield.values import Boxes, Grid, MiB, refuse

LIMIT = 2 * MiB
MOST_LINES = 20_000
MOST_CLASSES = 1_000_000
HEAD = 4096
FEW_RUNS = 5

NUMBERS = ("x of the centre", "y of the centre", "width", "height", "confidence")
BOX, WITH_CONFIDENCE, SHORTEST_OUTLINE = 5, 6, 7
"""Fields of a line: its class, and four numbers, or five, or the two of each of three points or more."""

EXPORT = "Export the labels again, in shares of the picture's size."


@dataclass(frozen=True)
class Marked:
    """One line: where it stands, the number of its class, its low and high edge along x and y as shares."""

    where: str
    number: int
    x: tuple[float, float]
    y: tuple[float, float]
    is_outline: bool = False
    has_confidence: bool = False


def read_boxes(path: Path, grid: Grid, names: Mapping[int, str]) -> Boxes:
    """The boxes of one picture, corners as (row, column); an empty file has none.

    names: of the classes by their numbers; where there are none, the numbers are the names. A confidence is left out:
    what is true is certain. Refuses lines of other forms, numbers outside of 0 to 1, classes without a name among those
    with one, and boxes that leave the picture by more than a pixel.
    """
    rows, columns = grid.shape[0], grid.shape[-1]
    boxes = []
    for one in read_marked(path):
        if names and one.number not in names:
            what = f"has the class {one.number}, and the classes with a name are {_runs(names)}"
            raise refuse(one.where, what, "Name it beside the others, or mend the line.")
        (left, right), (top, bottom) = one.x, one.y
        x, y = (left * columns, right * columns), (top * rows, bottom * rows)
        boxes.append(EdgeBox(one.where, names.get(one.number, str(one.number)), x, y))
    return boxes_of(boxes, grid)


def read_marked(path: Path) -> tuple[Marked, ...]:
    """The objects of a file. Refuses lines of other forms, and numbers outside of 0 to 1."""
    lines = decode(content(path), where=str(path)).splitlines()
    if len(lines) > MOST_LINES:
        what = f"has {len(lines)} lines, more than the {MOST_LINES} objects that a picture may have"
        raise refuse(path, what, "Is it the right file?")
    return tuple(_marked(f"{path}, line {at}", line.split()) for at, line in enumerate(lines, start=1) if line.strip())


def content(path: Path) -> bytes:
    """The bytes of a file, which may be none."""
    return b"" if path.is_file() and path.stat().st_size == 0 else read_bytes(path, limit=LIMIT)


def looks_like_yolo(path: Path) -> bool:
    """Whether the first line of a file begins with a class and four numbers from 0 to 1; never refuses."""
    try:
        with open(path, "rb") as file:
            text = file.read(HEAD).decode("utf-8", "replace")
    except OSError:
        return False
    values = [_number(field) for field in text.lstrip().partition("\n")[0].split()[:BOX]]
    return len(values) == BOX and _is_class(values[0]) and all(map(_is_share, values[1:]))


def _marked(where: str, fields: list[str]) -> Marked:
    is_outline = len(fields) >= SHORTEST_OUTLINE and len(fields) % 2 == 1
    if not is_outline and len(fields) not in (BOX, WITH_CONFIDENCE):
        what = f"has {len(fields)} fields; a box has {BOX} (class, x, y, width, height), an outline an odd number"
        raise refuse(where, what, EXPORT)
    number, *shares = map(_number, fields)
    if not _is_class(number):
        raise refuse(
            where, f"has the class {fields[0][:40]!r}, which is no number from 0", "Number the classes from 0."
        )
    for at, share in enumerate(shares):
        if not _is_share(share):
            name = "coordinate" if is_outline else NUMBERS[at]
            what = f"has the {name} {fields[at + 1][:40]!r}, which is no share from 0 to 1"
            raise refuse(where, what, EXPORT)
    if is_outline:
        xs, ys = shares[0::2], shares[1::2]
        return Marked(where, int(number), (min(xs), max(xs)), (min(ys), max(ys)), is_outline=True)
    x, y, width, height = shares[:4]
    across, down = (x - width / 2, x + width / 2), (y - height / 2, y + height / 2)
    return Marked(where, int(number), across, down, has_confidence=len(fields) == WITH_CONFIDENCE)


def _runs(numbers: Iterable[int]) -> str:
    """Numbers in words, the first few of many: "0 to 2, 4"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    said = [f"{first} to {last}" if last > first else f"{first}" for first, last in runs[:FEW_RUNS]]
    return ", ".join([*said, "..."] if len(runs) > FEW_RUNS else said)


def _number(text: str) -> float:
    value = cell(text)
    return value if isinstance(value, float) else math.nan


def _is_class(value: float) -> bool:
    return 0 <= value < MOST_CLASSES and value.is_integer()


def _is_share(value: float) -> bool:
    return 0 <= value <= 1
