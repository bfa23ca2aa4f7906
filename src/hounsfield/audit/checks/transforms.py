"""Images of one case that lie apart by their headers, and on each other with the transforms that lie beside them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.summary import reduced, reduced_grid
from hounsfield.formats.files import stem_of, suffix_of
from hounsfield.formats.itk_transforms import AFFINES, read_affine
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import files_in, is_image
from hounsfield.layouts.mask_names import is_mask
from hounsfield.ops.resampling import resample
from hounsfield.values import Dataset, Fault, Grid, Image, Refused

SIDE = 320  # elements an axis to which images are reduced, at most: means of several are more alike than they are
THIN = 96  # elements an axis of where they are compared, at most
FOUND = 0.7  # correlation above which transforms bring the same body together
BETTER = 0.6  # share of what is unlike that may be left with them
LEAST = 64  # elements of both images before a correlation says anything
WHOLE = ("brain", "body", "head")
"""Masks of what to look at, which say where the images are to be compared."""

REMEDY = "Resample the images by these transforms before they are used together; nothing applies them here."


class Placed(NamedTuple):
    """An image in small with its grid by its header, and the given transform from common space to its own."""

    file: Path
    small: NDArray[np.float32]
    grid: Grid
    transform: Path
    to_own: NDArray[np.float64]

    @property
    def given(self) -> Grid:
        """Its grid in common space."""
        return Grid(self.grid.shape, np.linalg.inv(self.to_own) @ self.grid.affine)


class Fit(NamedTuple):
    """Two images, their transforms, and how they correlate by their headers and with the transforms."""

    first: str
    second: str
    by: tuple[str, str]
    as_is: float
    given: float

    @property
    def is_apart(self) -> bool:
        """Whether the transforms bring together what the headers do not."""
        return self.given > FOUND and (math.isnan(self.as_is) or 1 - self.given < BETTER * (1 - self.as_is))


@dataclass(frozen=True)
class Transforms:
    """The check. A transform is of an image where its name begins with that of the image, as `t1_to_common.txt`."""

    name: str = "transforms"

    def measure(self, case: OpenedCase) -> list[Fit]:
        """Each pair of volumes of the case that have transforms beside them."""
        several = case.case.inputs if len(case.case.inputs) > 1 else {}
        transforms = {role: _beside(value.files) for role, value in several.items()}
        if sum(found is not None for found in transforms.values()) < 2:
            return []
        placed = [
            _placed(case.case.inputs[role].files[0], image, found)
            for role, image in case.images().items()
            if (found := transforms[role]) is not None and image.grid.frame == "RAS" and image.grid.ndim == 3
        ]
        return [_fit(a, b) for a, b in combinations(placed, 2)]

    def judge(self, measured: Mapping[str, list[Fit]], dataset: Dataset) -> Iterable[Fault]:
        """Pairs that the transforms would bring together."""
        for case_id, fits in measured.items():
            for one in fits:
                if one.is_apart:
                    headers = "they do not overlap" if math.isnan(one.as_is) else f"the correlation is {one.as_is:.2f}"
                    what = (
                        f"lies apart from {one.first}: by their headers {headers}, and with the transforms that lie "
                        f"beside them ({', '.join(one.by)}) it is {one.given:.2f}"
                    )
                    yield Fault(self.name, one.second, what, REMEDY, sure=0.95, cases=(case_id,))


CHECK = Transforms()


def _beside(files: tuple[Path, ...]) -> tuple[Path, NDArray[np.float64]] | None:
    """The one affine that lies beside a file and is called after it; None where there is none, or several."""
    found = []
    for path in _texts(files[0].parent) if len(files) == 1 else ():
        if path.name.startswith(f"{stem_of(files[0])}_"):
            try:
                found.append((path, read_affine(path)))
            except Refused:  # another kind of text
                continue
    return found[0] if len(found) == 1 else None


def _texts(folder: Path) -> tuple[Path, ...]:
    """What may be transforms in a folder; none where it is gone."""
    try:
        return _texts_of(folder, folder.stat().st_mtime_ns)
    except OSError:
        return ()


@lru_cache(maxsize=4)  # all cases of a set may lie in one folder: it is not listed again for each
def _texts_of(folder: Path, _: int) -> tuple[Path, ...]:
    return tuple(path for path in files_in(folder) if suffix_of(path) in AFFINES)


def _placed(file: Path, image: Image, found: tuple[Path, NDArray[np.float64]]) -> Placed:
    return Placed(file, reduced(image, SIDE), reduced_grid(image.grid, SIDE), *found)


def _fit(a: Placed, b: Placed) -> Fit:
    """How two images correlate inside the mask of the body that lies beside them, or else where the first is bright."""
    seen, grid = _body(a.file.parent) or _thinned(a.small > a.small.mean(), a.given)
    as_is = _likeness(a, a.grid, b, b.grid, seen, grid)
    given = _likeness(a, a.given, b, b.given, seen, grid)
    return Fit(str(a.file), str(b.file), (a.transform.name, b.transform.name), as_is, given)


def _body(folder: Path) -> tuple[NDArray[np.bool_], Grid] | None:
    """The mask of the whole body in a folder, and its grid; None where there is none that can be read."""
    for path in files_in(folder):
        if is_image(path) and is_mask(stem_of(path)) and stem_of(path).lower().startswith(WHOLE):
            try:
                labels, grid = lazies.format_of(path).read_labels(path)
            except Refused:
                continue
            if grid.ndim == 3:
                return _thinned(labels > 0, grid)
    return None


def _thinned(seen: NDArray[np.bool_], grid: Grid) -> tuple[NDArray[np.bool_], Grid]:
    """Every so many-th element alone, and their grid."""
    steps = [-(-n // THIN) for n in seen.shape]
    thin = seen[tuple(slice(None, None, step) for step in steps)]
    return thin, Grid(thin.shape, grid.affine @ np.diag([*steps, 1.0]))


def _likeness(a: Placed, grid_a: Grid, b: Placed, grid_b: Grid, seen: NDArray[np.bool_], grid: Grid) -> float:
    """Correlation of two images on a grid, where it is seen; NaN where too little of that is in both."""
    x = resample(a.small[None], grid_a, grid, fill=math.nan)[0][seen].astype(np.float64)
    y = resample(b.small[None], grid_b, grid, fill=math.nan)[0][seen].astype(np.float64)
    both = np.isfinite(x) & np.isfinite(y)
    if np.count_nonzero(both) < LEAST or min(x[both].std(), y[both].std()) == 0:
        return math.nan
    return float(np.corrcoef(x[both], y[both])[0, 1])
