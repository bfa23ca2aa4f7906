"""Files carried along a transform: images and label maps onto the other image's grid, points into its world."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.answers.image_files import write_image, write_labels
from hounsfield.answers.writing import aside
from hounsfield.formats.files import size_of, suffix_of
from hounsfield.formats.points_csv import read_points, write_points
from hounsfield.layouts.folders import IMAGE_SUFFIXES, is_image
from hounsfield.layouts.lazies import format_of
from hounsfield.ops.ways import Way
from hounsfield.values import refuse

POINTS = ".csv"
LOSSY = (".jpg", ".jpeg")
MOST_LABELS = 64  # whole numbers with more different values than this are taken for an image


def carry(way: Way, file: Path, out: Path, *, labels: bool | None) -> tuple[str, float]:
    """Write what a file holds, carried: how it was ("linear", "nearest" or "points"), and the largest error in mm.

    labels: whether the file is a label map; found by its values where not said. Raises Refused for what can not be
    carried this way.
    """
    if suffix_of(file) == POINTS:
        return "points", _carry_points(way, file, out)
    return _carry_image(way, file, out, labels), 0.0


def _carry_points(way: Way, file: Path, out: Path) -> float:
    points, d = read_points(file), way.goal.ndim
    if points.coordinates.shape[1] != d:
        what = f"has points of {points.coordinates.shape[1]} coordinates, the transform has {d}"
        raise refuse(file, what, "Is it the right file?")
    moved, residual = way.of_points(points.coordinates)
    with aside(out) as other:
        write_points(other, replace(points, coordinates=moved))
    return residual


def _carry_image(way: Way, file: Path, out: Path, labels: bool | None) -> str:
    if not is_image(file):
        raise refuse(file, "is neither image nor points by its name", f"Known: {POINTS}, {', '.join(IMAGE_SUFFIXES)}.")
    size_of(file)
    image = format_of(file).read_image(file)
    if (image.grid.ndim, image.grid.frame) != (way.goal.ndim, way.goal.frame):
        raise refuse(file, f"lies on {image.grid}, and the transform leads to {way.goal}", "Is it the right file?")
    array = image.array(image.source.dtype)
    if labels or (labels is None and _looks_labelled(array) and suffix_of(file) not in LOSSY):
        write_labels(out, way.of_labels(*format_of(file).read_labels(file)), way.goal)
        return "nearest"
    low = float(np.nanmin(array)) if np.isfinite(array).any() else 0.0
    write_image(out, way.of_image(image.array(), image.grid, fill=low), way.goal, array.dtype)
    return "linear"


def _looks_labelled(array: NDArray[Any]) -> bool:
    if len(array) != 1 or array.dtype.kind not in "iub" or array.min(initial=0) < 0:
        return False
    sample = array.reshape(-1)[:: max(1, array.size // 10_000)]  # most images show by few elements that they are none
    return len(np.unique(sample)) <= MOST_LABELS and len(np.unique(array)) <= MOST_LABELS
