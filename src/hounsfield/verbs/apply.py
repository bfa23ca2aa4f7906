"""apply: images, label maps and points carried from one image's world to the other's by a transform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.answers.transform_files import read_transform
from hounsfield.answers.writing import aside
from hounsfield.formats import nifti, picture
from hounsfield.formats.files import size_of, suffix_of
from hounsfield.formats.points_csv import read_points, write_points
from hounsfield.layouts.folders import IMAGE_SUFFIXES, is_image
from hounsfield.layouts.lazies import format_of
from hounsfield.ops.fields import inverse_displacement, invert_points, transform_points, warp, warp_labels
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Grid, Image, Points, Problem, Refused, Transform, refuse

LOSSY = (".jpg", ".jpeg")
MOST_LABELS = 64  # whole numbers with more different values than this are taken for an image


@dataclass(frozen=True)
class Applied:
    """What was carried: file -> how ("linear", "nearest", "points"), and the largest error of inverted points in mm."""

    out: Path
    done: Mapping[str, str] = field(default_factory=dict)
    residual_mm: float = 0.0
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        said = {"out": str(self.out), "done": dict(self.done), "residual_mm": self.residual_mm}
        return {**said, "problems": [problem.to_json() for problem in self.problems]}

    def __repr__(self) -> str:
        return f"Applied({len(self.done)} carried, {len(self.problems)} problems, {self.out})"


def apply(
    transform: str | Path | Transform,
    files: str | Path | Sequence[str | Path],
    *,
    out: str | Path,
    inverse: bool = False,
    labels: bool | None = None,
    watch: Watcher = nobody,
) -> Applied:
    """Carry files of the moving image's world to the fixed image's, or with `inverse` the other way, into a folder.

    Images are taken linearly, label maps by the nearest element, both onto the goal's grid; what lies outside becomes
    the image's lowest value, or background. labels: whether the files are label maps; by itself: those of whole
    numbers from 0 with at most MOST_LABELS different ones. Points (.csv) keep their names; unplaced ones stay so.
    Names are kept. A file that can not be carried is a problem, the rest goes on. Raises Refused where nothing can.
    """
    place = Path(out)
    way = _Way.of(transform if isinstance(transform, Transform) else read_transform(Path(transform)), inverse)
    given = [Path(file) for file in ([files] if isinstance(files, (str, Path)) else files)]
    _refuse_names(given, place)
    done, problems, residual = dict[str, str](), list[Problem](), 0.0
    for number, file in enumerate(given):
        watch({"stage": "carrying", "done": number, "total": len(given)})
        try:
            if suffix_of(file) == ".csv":
                residual = max(residual, way.carry_points(file, place / file.name))
                done[str(file)] = "points"
            else:
                done[str(file)] = way.carry_image(file, place / file.name, labels)
        except Refused as refusal:
            problems.extend(refusal.problems)
    watch({"stage": "carrying", "done": len(given), "total": len(given)})
    if not done:
        raise Refused(problems)
    return Applied(place, done, residual, tuple(problems))


@dataclass(frozen=True)
class _Way:
    """From one world to the other. Images are pulled by goal -> origin; points are pushed along origin -> goal."""

    transform: Transform
    inverse: bool
    goal: Grid
    affine: NDArray[np.float64]
    displacement: NDArray[np.float32] | None

    @staticmethod
    def of(t: Transform, inverse: bool) -> _Way:
        """The way of a transform, or back; its inverse is worked out where it was not kept."""
        if not inverse:
            return _Way(t, inverse, t.fixed_grid, t.affine, t.displacement)
        back, v = np.linalg.inv(t.affine).astype(np.float64), t.inverse
        if v is None and t.displacement is not None:
            v, _ = inverse_displacement(t.affine, t.displacement, t.fixed_grid, t.moving_grid)
        # A^-1 y + v = A^-1 (y + A v): the same form as a transform's
        d = t.fixed_grid.ndim
        turned = None if v is None else np.tensordot(t.affine[:d, :d], v, axes=1).astype(np.float32)
        return _Way(t, inverse, t.moving_grid, back, turned)

    def carry_image(self, file: Path, out: Path, labels: bool | None) -> str:
        """Write the image or label map of a file on the goal's grid; says how its elements were taken."""
        if not is_image(file):
            raise refuse(file, "is neither image nor points by its name", f"Known: .csv, {', '.join(IMAGE_SUFFIXES)}.")
        size_of(file)
        image = format_of(file).read_image(file)
        if (image.grid.ndim, image.grid.frame) != (self.goal.ndim, self.goal.frame):
            raise refuse(file, f"lies on {image.grid}, and the transform leads to {self.goal}", "Is it the right file?")
        array = image.array(image.source.dtype)
        if labels or (labels is None and _looks_labelled(array) and suffix_of(file) not in LOSSY):
            found, grid = format_of(file).read_labels(file)
            carried = warp_labels(found, grid, self.goal, self.affine, self.displacement)
            with aside(out) as other:
                _write_labels(other, carried, self.goal)
            return "nearest"
        low = float(np.nanmin(array)) if np.isfinite(array).any() else 0.0
        moved = warp(image.array(), image.grid, self.goal, self.affine, self.displacement, fill=low)
        with aside(out) as other:
            _write_image(other, moved, self.goal, array.dtype)
        return "linear"

    def carry_points(self, file: Path, out: Path) -> float:
        """Write the points of a file in the goal's world; the largest error of the inverse in mm."""
        points, t = read_points(file), self.transform
        if points.coordinates.shape[1] != t.fixed_grid.ndim:
            what = f"has points of {points.coordinates.shape[1]} coordinates, the transform has {t.fixed_grid.ndim}"
            raise refuse(file, what, "Is it the right file?")
        placed = np.isfinite(points.coordinates).all(axis=1)
        moved, residual = np.full_like(points.coordinates, np.nan), np.zeros(1)
        origin = points.coordinates[placed]
        if self.inverse:
            moved[placed] = transform_points(origin, t.affine, t.displacement, t.fixed_grid)
        else:
            moved[placed], residual = invert_points(origin, t.affine, t.displacement, t.fixed_grid)
        with aside(out) as other:
            write_points(other, replace(points, coordinates=moved) if len(points) else Points(moved, ()))
        return float(residual.max(initial=0.0))


def _looks_labelled(array: NDArray[Any]) -> bool:
    if len(array) != 1 or array.dtype.kind not in "iub" or array.min(initial=0) < 0:
        return False
    sample = array.reshape(-1)[:: max(1, array.size // 10_000)]  # most images show by few elements that they are none
    return len(np.unique(sample)) <= MOST_LABELS and len(np.unique(array)) <= MOST_LABELS


def _write_labels(path: Path, array: NDArray[Any], grid: Grid) -> None:
    if suffix_of(path) in (".nii", ".nii.gz"):
        nifti.write_labels(path, array, grid)
    else:
        picture.write_labels(path, array)


def _write_image(path: Path, channels: NDArray[np.floating], grid: Grid, stored: np.dtype[Any]) -> None:
    """Pictures keep their kind of number; volumes are written as they were interpolated."""
    if suffix_of(path) in (".nii", ".nii.gz"):
        nifti.write_image(path, Image.of(channels, grid))
    else:
        picture.write_picture(path, np.rint(channels).astype(stored))


def _refuse_names(files: Sequence[Path], out: Path) -> None:
    if not files:
        raise refuse("apply", "was given no file", "Name the files to carry.")
    names = [file.name for file in files]
    for file in files:
        if names.count(file.name) > 1:
            raise refuse(file, "has the name of another file given", "Carry them into two folders.")
        if file.resolve().parent == out.resolve():
            raise refuse(file, "would be written over", "Give another --out.")
