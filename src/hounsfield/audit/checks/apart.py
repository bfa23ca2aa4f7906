"""Images of one case that lie apart in the world, though they show the same body."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.realigning import TURNS, in_words, likeness_of, shifted, turned
from hounsfield.audit.robust import outliers
from hounsfield.audit.summary import reduced, reduced_grid
from hounsfield.values import Dataset, Fault, Image

SIDE = 48  # elements an axis to which images are reduced, at most
TINY = 24  # the same where turns are looked for
ALIKE = 0.9  # correlation above which two images are not looked at more closely
FOUND = 0.7  # correlation above which a move has found the same body again
BETTER = 0.6  # share of what is unlike that may be left after the move
FURTHEST = 1.5  # elements, of the reduced images, that may be out of rounding
UNLIKE = 0.5  # correlation below which images that are to be registered lie further apart than usual
TIMES, LEAST_SPREAD = 6.0, 0.05  # spreads of the correlation below its usual value, and the least that one is
THIN = 4  # planes below which an image is no volume

REMEDY = "Register them, or mend the affine of the wrong one, before they are used together."
ANOTHERS = "Look at both: one may be another case's, or lie elsewhere than its header says."


class Fit(NamedTuple):
    """How two images of a case correlate by their headers, and how when one is moved as well as can be.

    as_is: NaN where the images do not overlap.  way: of the move, in elements of the reduced images.  how: in words.
    """

    as_is: float
    best: float
    way: float
    how: str

    @property
    def is_apart(self) -> bool:
        """Whether the move brings together what the headers do not."""
        is_better = self.best > FOUND and 1 - self.best < BETTER * (1 - self.as_is)
        return is_better and self.way > FURTHEST


class Pair(NamedTuple):
    """Two images of a case: roles, files, and how they fit."""

    roles: tuple[str, str]
    first: str
    second: str
    fit: Fit


@dataclass(frozen=True)
class Apart:
    """The check."""

    name: str = "apart"

    def measure(self, case: OpenedCase) -> list[Pair]:
        """Each pair of volumes of the case."""
        volumes = {role: image for role, image in case.images().items() if _is_volume(image)}
        small = {role: reduced(image, SIDE) for role, image in volumes.items()} if len(volumes) > 1 else {}
        return [
            Pair((a, b), case.where(a), case.where(b), fit(volumes[a], small[a], volumes[b], small[b]))
            for a, b in combinations(small, 2)
        ]

    def judge(self, measured: Mapping[str, list[Pair]], dataset: Dataset) -> Iterable[Fault]:
        """Pairs that do not overlap, that a shift or a turn would bring together, or that fit less than in others."""
        is_to_register = dataset.task == "registration"  # there it is what the task is about
        sure = 0.4 if is_to_register else 0.8
        unlike = {} if is_to_register else _unlike(measured)
        for case_id, pairs in measured.items():
            for pair in pairs:
                one, lies_apart = pair.fit, f"lies apart from {pair.first}: by their headers"
                if math.isnan(one.as_is):
                    what = f"{lies_apart} they do not overlap"
                    yield Fault(self.name, pair.second, what, REMEDY, sure=max(sure, 0.5), cases=(case_id,))
                elif one.is_apart and (one.as_is < UNLIKE or not is_to_register):
                    what = f"{lies_apart} the correlation is {one.as_is:.2f}, and {one.best:.2f} when it is {one.how}"
                    yield Fault(self.name, pair.second, what, REMEDY, sure=sure, cases=(case_id,))
                elif (case_id, pair.roles) in unlike:
                    usual, how_sure = unlike[case_id, pair.roles]
                    what = (
                        f"fits {pair.first} less than such images fit in the other cases: by their headers the "
                        f"correlation is {one.as_is:.2f}, there {usual:.2f}"
                    )
                    yield Fault(self.name, pair.second, what, ANOTHERS, sure=how_sure, cases=(case_id,))


CHECK = Apart()


def _unlike(measured: Mapping[str, list[Pair]]) -> dict[tuple[str, tuple[str, str]], tuple[float, float]]:
    """Case and roles of the pairs that correlate far less than the same roles do elsewhere: what is usual, how sure."""
    numbers: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
    for case_id, pairs in measured.items():
        for pair in pairs:
            if not math.isnan(pair.fit.as_is):
                numbers[pair.roles][case_id] = pair.fit.as_is
    found = {}
    for roles, of_cases in numbers.items():
        usual = float(np.median(list(of_cases.values())))
        for case_id, sure in outliers(of_cases, floor=LEAST_SPREAD, times=TIMES).items():
            if abs(of_cases[case_id]) < abs(usual):
                found[case_id, roles] = usual, sure
    return found


def _is_volume(image: Image) -> bool:
    grid = image.grid
    return grid.frame == "RAS" and grid.ndim == 3 and min(grid.shape) >= THIN


def fit(a: Image, small_a: NDArray[np.float32], b: Image, small_b: NDArray[np.float32]) -> Fit:
    """How two reduced images correlate by their headers, and moved as well as can be.

    Measured where the first one is bright; the correlations are NaN where too little of that is in both.
    """
    grid_a, grid_b = reduced_grid(a.grid, SIDE), reduced_grid(b.grid, SIDE)
    as_is = likeness_of(small_a, grid_a, small_b, grid_b, np.eye(4))
    if math.isnan(as_is) or as_is >= ALIKE:
        return Fit(as_is, as_is, 0.0, "")
    found = shifted(small_a, grid_a, small_b, grid_b)
    if not found.likeness >= ALIKE:
        tiny_a, tiny_b = (reduced(Image.of(s, g), TINY) for s, g in ((small_a, grid_a), (small_b, grid_b)))
        angles = () if a.grid.close_to(b.grid) else TURNS  # on one grid no more than the axes can be wrong
        move = turned(tiny_a, reduced_grid(grid_a, TINY), tiny_b, reduced_grid(grid_b, TINY), angles)
        likeness = likeness_of(small_a, grid_a, small_b, grid_b, move.affine)
        if likeness > FOUND and 1 - likeness < BETTER * (1 - found.likeness):
            found = move._replace(likeness=likeness)
    centre = grid_a.to_world([(n - 1) / 2 for n in grid_a.shape])[0]
    return Fit(as_is, found.likeness, found.farthest / min(grid_a.spacing), in_words(found.affine, centre))
