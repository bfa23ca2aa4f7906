"""Images of one case that lie apart in the world, though they show the same body."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.summary import reduced, reduced_grid
from hounsfield.ops.resampling import resample
from hounsfield.values import Dataset, Fault, Image

SIDE = 48  # elements an axis to which images are reduced, at most
ALIKE = 0.9  # correlation above which two images are not looked at more closely
FOUND = 0.7  # correlation above which a shift has found the same body again
BETTER = 0.6  # share of what is unlike that may be left after the shift
FURTHEST = 1.5  # elements, of the reduced images, that may be out of rounding
UNLIKE = 0.5  # correlation below which images that are to be registered lie further apart than usual
SEEN = 0.3  # share of the smaller foreground that has to overlap before a correlation says anything
THIN = 4  # planes below which an image is no volume
STEPS = (8, 4, 2, 1)  # of the search, in elements


class Fit(NamedTuple):
    """Two images of a case: their files, how they correlate by their headers, and shifted as well as can be.

    as_is: NaN where the images do not overlap.  shift: in elements of the reduced images.
    """

    first: str
    second: str
    as_is: float
    best: float
    shift: float
    shift_mm: float

    @property
    def is_apart(self) -> bool:
        """Whether the shift brings together what the headers do not."""
        is_better = self.best > FOUND and 1 - self.best < BETTER * (1 - self.as_is)
        return is_better and self.shift > FURTHEST


@dataclass(frozen=True)
class Apart:
    """The check."""

    name: str = "apart"

    def measure(self, case: OpenedCase) -> list[Fit]:
        """Each pair of volumes of the case."""
        volumes = {role: image for role, image in case.images().items() if _is_volume(image)}
        small = {role: reduced(image, SIDE) for role, image in volumes.items()} if len(volumes) > 1 else {}
        return [
            Fit(case.where(a), case.where(b), *fit(volumes[a], small[a], volumes[b], small[b]))
            for a, b in combinations(small, 2)
        ]

    def judge(self, measured: Mapping[str, list[Fit]], dataset: Dataset) -> Iterable[Fault]:
        """Pairs that do not overlap, and pairs that a shift would bring together."""
        is_to_register = dataset.task == "registration"  # there it is what the task is about
        sure = 0.4 if is_to_register else 0.8
        remedy = "Register them, or mend the affine of the wrong one, before they are used together."
        for case_id, fits in measured.items():
            for one in fits:
                if math.isnan(one.as_is):
                    what = f"lies apart from {one.first}: by their headers they do not overlap"
                    yield Fault(self.name, one.second, what, remedy, sure=max(sure, 0.5), cases=(case_id,))
                elif one.is_apart and (one.as_is < UNLIKE or not is_to_register):
                    what = (
                        f"lies apart from {one.first}: by their headers the correlation is {one.as_is:.2f}, "
                        f"and {one.best:.2f} when it is shifted by {one.shift_mm:.0f} mm"
                    )
                    yield Fault(self.name, one.second, what, remedy, sure=sure, cases=(case_id,))


CHECK = Apart()


def _is_volume(image: Image) -> bool:
    grid = image.grid
    return grid.frame == "RAS" and grid.ndim == 3 and min(grid.shape) >= THIN


def fit(
    a: Image, small_a: NDArray[np.float32], b: Image, small_b: NDArray[np.float32]
) -> tuple[float, float, float, float]:
    """Correlation of two reduced images by their headers, the best after a shift, the shift in elements and in mm.

    Measured where the first one is bright; the correlations are NaN where too little of that is in both.
    """
    grid, grid_b = reduced_grid(a.grid, SIDE), reduced_grid(b.grid, SIDE)
    moved = resample(small_b[None], grid_b, grid, fill=math.nan)[0]
    bright = small_a > small_a.mean()
    bright_b = np.count_nonzero(small_b > small_b.mean()) * grid_b.voxel_volume / grid.voxel_volume
    least = max(32, int(SEEN * min(np.count_nonzero(bright), bright_b)))
    as_is = _likeness(small_a, moved, bright, (0, 0, 0), least)
    if math.isnan(as_is) or as_is >= ALIKE:
        return as_is, as_is, 0.0, 0.0
    best, at = as_is, (0, 0, 0)
    for step in STEPS:
        tried = {at: best}
        for way in product((-step, 0, step), repeat=3):
            shift = (at[0] + way[0], at[1] + way[1], at[2] + way[2])
            if shift not in tried:
                tried[shift] = _likeness(small_a, moved, bright, shift, least)
        at = max(tried, key=lambda shift: -1.0 if math.isnan(tried[shift]) else tried[shift])
        best = tried[at]
    return as_is, best, float(np.linalg.norm(at)), float(np.linalg.norm(grid.affine[:3, :3] @ at))


def _likeness(
    a: NDArray[np.float32], b: NDArray[np.float32], mask: NDArray[np.bool_], shift: tuple[int, ...], least: int
) -> float:
    """Correlation of a(x) with b(x + shift) within a mask of a; NaN where fewer than `least` elements are in both."""
    here = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(shift, a.shape, strict=True))
    there = tuple(slice(max(0, s), n + min(0, s)) for s, n in zip(shift, a.shape, strict=True))
    seen = mask[here] & np.isfinite(b[there])
    if np.count_nonzero(seen) < least:
        return math.nan
    x, y = a[here][seen].astype(np.float64), b[there][seen].astype(np.float64)
    norm = float(x.std() * y.std())
    return float(np.mean((x - x.mean()) * (y - y.mean()))) / norm if norm > 0 else 0.0
