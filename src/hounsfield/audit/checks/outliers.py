"""Images whose spacing, size or range of intensities is far from that of the others."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import outliers
from hounsfield.ops.resampling import canonical_grid
from hounsfield.values import Dataset, Fault, Grid

TIMES = 5.0  # spreads from the median, of logarithms

AXES = {"RAS": ("from left to right", "from back to front", "from below to above"), "image": ("down", "across")}


class Kind(NamedTuple):
    """A number that images are compared by: the words for it, the smallest spread of its logarithm, the remedy."""

    words: str
    floor: float
    remedy: str


SPACING = Kind(
    "has {value:.4g} {unit} between elements {axis}, where the others have {usual:.4g}",
    0.06,  # with TIMES, a factor of 1.35
    "Check the spacing in its header against the scanner's.",
)
SIZE = Kind(
    "reaches over {value:.4g} {unit} {axis}, where the others reach over {usual:.4g}",
    0.15,  # a factor of 2.1
    "Check that it shows the same part of the body.",
)
PICTURE_SIZE = Kind(  # cameras differ more than scanners do
    "has {value:.4g} {unit} {axis}, where the others have {usual:.4g}",
    0.4,  # a factor of 7.4
    "Check that it is a picture of the same kind.",
)
INTENSITY = Kind(
    "has intensities over a range of {value:.3g}, where the others have {usual:.3g}",
    0.25,  # a factor of 3.5
    "Check its units; methods that normalise every image by itself do not mind, a fixed window does.",
)


class Key(NamedTuple):
    """What is compared with what: a role, a kind of number, an axis (-1 where it has none)."""

    role: str
    kind: Kind
    axis: int
    frame: str
    unit: str


@dataclass(frozen=True)
class Outliers:
    """The check."""

    name: str = "outliers"

    def measure(self, case: OpenedCase) -> list[tuple[str, Key, float]]:
        """File, what is compared, and its number, for each image."""
        found = []
        for role, image in case.images().items():
            numbers = _of_grid(role, image.grid)
            quantiles = case.summary(role).quantiles
            numbers.append((Key(role, INTENSITY, -1, image.grid.frame, ""), quantiles[99] - quantiles[1]))
            found += [(case.where(role), key, float(number)) for key, number in numbers if number > 0]
        return found

    def judge(self, measured: Mapping[str, list[tuple[str, Key, float]]], dataset: Dataset) -> Iterable[Fault]:
        """A fault for each image and kind of number, with the axis that is oddest."""
        numbers: dict[Key, dict[tuple[str, str], float]] = defaultdict(dict)
        for case_id, found in measured.items():
            for where, key, number in found:
                numbers[key][case_id, where] = number
        oddest: dict[tuple[str, str, Kind], Fault] = {}
        for key, of_cases in numbers.items():
            logarithms = {at: math.log(number) for at, number in of_cases.items()}
            usual = float(np.median(list(of_cases.values())))
            for at, sure in outliers(logarithms, floor=key.kind.floor, times=TIMES).items():
                case_id, where = at
                before = oddest.get((case_id, where, key.kind))
                if before is None or sure > before.sure:
                    axis = AXES[key.frame][key.axis] if key.axis >= 0 else ""
                    what = key.kind.words.format(value=of_cases[at], usual=usual, unit=key.unit, axis=axis)
                    fault = Fault(self.name, where, what, key.kind.remedy, sure=sure, cases=(case_id,))
                    oddest[case_id, where, key.kind] = fault
        yield from oddest.values()


CHECK = Outliers()


def _of_grid(role: str, grid: Grid) -> list[tuple[Key, float]]:
    """Spacing and extent along the world's axes."""
    upright = canonical_grid(grid)
    size = PICTURE_SIZE if grid.frame == "image" else SIZE
    numbers = []
    for axis in range(grid.ndim):
        numbers.append((Key(role, SPACING, axis, grid.frame, grid.unit), upright.spacing[axis]))
        numbers.append((Key(role, size, axis, grid.frame, grid.unit), upright.extent[axis]))
    return numbers
