"""Files carried along a transform: images and label maps onto the other image's grid, points into its world."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.answers.image_files import write_image, write_labels
from hounsfield.answers.names import check_length
from hounsfield.answers.writing import aside
from hounsfield.formats.files import size_of, suffix_of
from hounsfield.formats.points_csv import read_points, write_points
from hounsfield.layouts.folders import IMAGE_SUFFIXES, is_image
from hounsfield.layouts.lazies import format_of
from hounsfield.ops.ways import Way
from hounsfield.values import Grid, refuse

POINTS = ".csv"
LOSSY = (".jpg", ".jpeg")
MOST_LABELS = 64  # whole numbers with more different values than this are taken for an image


@dataclass(frozen=True)
class Carried:
    """How a file was carried ("linear", "nearest" or "points"), the largest error in mm, what is odd about it."""

    how: str
    residual_mm: float = 0.0
    alarm: str = ""


def carry(way: Way, file: Path, out: Path, *, labels: bool | None) -> Carried:
    """Write what a file holds, carried.

    labels: whether the file is a label map; found by its values where not said. Raises Refused for what can not be
    carried this way, and for an image that lies nowhere on the grid where the way begins.
    """
    check_length(out.name, where=file)
    return _carry_points(way, file, out) if suffix_of(file) == POINTS else _carry_image(way, file, out, labels)


def _carry_points(way: Way, file: Path, out: Path) -> Carried:
    points, d = read_points(file), way.goal.ndim
    if points.coordinates.shape[1] != d:
        what = f"has points of {points.coordinates.shape[1]} coordinates, the transform has {d}"
        raise refuse(file, what, "Is it the right file?")
    moved, residual = way.of_points(points.coordinates)
    with aside(out) as other:
        write_points(other, replace(points, coordinates=moved))
    return Carried("points", residual, _alarm_of_points(way, points.coordinates))


def _alarm_of_points(way: Way, points: NDArray[np.float64]) -> str:
    placed = points[np.isfinite(points).all(axis=1)]
    outside = 0 if way.origin is None else int((~way.origin.contains(placed)).sum())
    if not outside:
        return ""
    where = f"outside of the {_origin(way)} image's grid"
    return f"has {outside} of {len(placed)} points {where}. Are they of this image, in its world?"


def _origin(way: Way) -> str:
    return "fixed" if way.is_back else "moving"


def _carry_image(way: Way, file: Path, out: Path, labels: bool | None) -> Carried:
    if not is_image(file):
        raise refuse(file, "is neither image nor points by its name", f"Known: {POINTS}, {', '.join(IMAGE_SUFFIXES)}.")
    size_of(file)
    image = format_of(file).read_image(file)
    if (image.grid.ndim, image.grid.frame) != (way.goal.ndim, way.goal.frame):
        raise refuse(file, f"lies on {image.grid}, and the transform leads to {way.goal}", "Is it the right file?")
    alarm = _alarm_of_grid(way, file, image.grid)
    array = image.array(image.source.dtype)
    if labels or (labels is None and _looks_labelled(array) and suffix_of(file) not in LOSSY):
        write_labels(out, way.of_labels(*format_of(file).read_labels(file)), way.goal)
        return Carried("nearest", alarm=alarm)
    low = float(np.nanmin(array)) if np.isfinite(array).any() else 0.0
    write_image(out, way.of_image(image.array(), image.grid, fill=low), way.goal, array.dtype)
    return Carried("linear", alarm=alarm)


def _alarm_of_grid(way: Way, file: Path, grid: Grid) -> str:
    """What to say of a grid other than that where the way begins. Refuses one that lies nowhere on it."""
    if way.origin is None or grid.close_to(way.origin, 0.05):
        return ""
    if not grid.meets(way.origin):
        what = f"lies nowhere on the {_origin(way)} image's grid ({way.origin}): nothing of it would arrive"
        raise refuse(file, what, "Is it the right file, and is its header of the same world?")
    where = f"lies on {grid}, the {_origin(way)} image on {way.origin}"
    if repr(grid) == repr(way.origin):  # by another origin or direction
        where = f"lies elsewhere than the {_origin(way)} image, on a grid of the same size"
    return f"{where}; it was carried from where its header puts it. Does it show the same body, in the same place?"


def _looks_labelled(array: NDArray[Any]) -> bool:
    if len(array) != 1 or array.dtype.kind not in "iub" or array.min(initial=0) < 0:
        return False
    sample = array.reshape(-1)[:: max(1, array.size // 10_000)]  # most images show by few elements that they are none
    return len(np.unique(sample)) <= MOST_LABELS and len(np.unique(array)) <= MOST_LABELS
