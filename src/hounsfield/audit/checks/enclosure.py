"""Label maps in which a label does not enclose another that it should, as heart muscle does its cavity."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Dataset, Fault, LabelMap

MANY = 12  # labels beyond which no pairs are looked at
SHORTEST = 12  # elements of an outline that say something
ENCLOSED = 2 / 3
"""Share of the inner outline that touches the outer label where it is enclosed, in the slices that hold both."""

OTHERS = 2  # cases that have to show that one label encloses another
SHARE_OF_OTHERS = 0.9
HALF, MOSTLY, INSIDE = 0.4, 0.5, 0.25
"""A map of two labels is suspicious by itself when one goes so far round the other in most slices, and so much of the
other lies within its convex hull: neighbours touch along less, or along a flat border."""

REMEDY = "Look at both outlines in these slices: one of them may be another case's, or shifted."


class Touch(NamedTuple):
    """How much of the outline of one label touches another, and in which share of the slices it is HALF or more.

    inside: share of the one label within the convex hull of the other, slice by slice; 0 where not measured.
    at: the middle of the one label in the slice where it touches the other least.
    """

    share: float
    half: float
    slices: int
    inside: float
    at: tuple[int, ...]


class Looked(NamedTuple):
    """A label map: its file, the names of its labels, and (inner, outer) -> touch."""

    where: str
    names: Mapping[int, str]
    touches: Mapping[tuple[int, int], Touch]


@dataclass(frozen=True)
class Enclosure:
    """The check."""

    name: str = "enclosure"

    def measure(self, case: OpenedCase) -> dict[str, Looked]:
        """Truth -> how its labels touch."""
        found = {}
        for name, labels in case.labels().items():
            shapes = case.shapes(name)
            if 2 <= len(shapes) <= MANY:
                found[name] = Looked(case.where(name), dict(labels.labels), touches(labels, sorted(shapes)))
        return found

    def judge(self, measured: Mapping[str, Mapping[str, Looked]], dataset: Dataset) -> Iterable[Fault]:
        """Pairs that are enclosed in the other cases and not here; without others, two labels half round each other."""
        maps = [(case_id, truth, one) for case_id, found in measured.items() for truth, one in found.items()]
        pairs = sorted({(truth, pair) for _, truth, one in maps for pair in one.touches})
        for truth, pair in pairs:
            having = [(case_id, one) for case_id, name, one in maps if name == truth and pair in one.touches]
            enclosed = sum(one.touches[pair].share >= ENCLOSED for _, one in having)
            for case_id, one in having:
                if one.touches[pair].share >= ENCLOSED:
                    continue
                others = len(having) - 1
                if others >= OTHERS and enclosed >= SHARE_OF_OTHERS * others:
                    yield self._fault(case_id, pair, one, f"in {enclosed} of {others} other cases it is enclosed", 0.9)
                elif others < OTHERS and not enclosed and _is_half_round(one.touches, pair):
                    yield self._fault(case_id, pair, one, "it goes half round, as neighbours do not", 0.5)

    def _fault(self, case_id: str, pair: tuple[int, int], one: Looked, why: str, sure: float) -> Fault:
        inner, outer = (one.names.get(value, f"label_{value}") for value in pair)
        touch = one.touches[pair]
        what = (
            f"has {outer} along only {100 * touch.share:.0f} % of the outline of {inner} "
            f"in the {touch.slices} slices that hold both; {why}"
        )
        return Fault(self.name, one.where, what, REMEDY, sure, (case_id,), touch.at)


CHECK = Enclosure()


def _is_half_round(touches: Mapping[tuple[int, int], Touch], pair: tuple[int, int]) -> bool:
    """Whether a label goes half round another in most slices, and not because it is enclosed by it itself."""
    inner, outer = pair
    one, back = touches[pair], touches.get((outer, inner))
    return one.half > MOSTLY and one.inside > INSIDE and (back is None or back.share < one.share)


def touches(labels: LabelMap, values: list[int]) -> dict[tuple[int, int], Touch]:
    """(inner, outer) -> how inner's outline touches outer, of all pairs that are in some slice together.

    The slices are those across the axis of the largest spacing; a picture is one slice.
    """
    array, spacing = labels.array, labels.grid.spacing
    across = max(range(array.ndim), key=lambda axis: (spacing[axis], axis))
    planes: NDArray[Any] = array[None] if array.ndim == 2 else np.moveaxis(array, across, 0)
    filled = [number for number, plane in enumerate(planes) if plane.any()]
    outlines, met = [], []
    for number in filled:
        outline, touching = _outlines(planes[number], values)
        outlines.append(outline)
        met.append(touching)
    outline, touching = np.array(outlines), np.array(met)  # (slices, L) and (slices, L, L)
    found = {}
    for i, j in permutations(range(len(values)), 2):
        both = (outline[:, i] > 0) & (outline[:, j] > 0)
        length = outline[both, i]
        if length.sum() >= SHORTEST:
            shares = touching[both, i, j] / length
            share = float(touching[both, i, j].sum() / length.sum())
            half = float(np.mean(shares >= HALF))
            inside = _share_inside(planes, values[i], values[j]) if len(values) == 2 and half > MOSTLY else 0.0
            worst = filled[int(np.flatnonzero(both)[np.argmin(shares)])]
            middle = np.argwhere(planes[worst] == values[i]).mean(axis=0).round().astype(int).tolist()
            at = tuple(middle) if array.ndim == 2 else (*middle[:across], worst, *middle[across:])
            found[values[i], values[j]] = Touch(share, half, int(both.sum()), inside, at)
    return found


def _share_inside(planes: NDArray[Any], inner: int, outer: int) -> float:
    """Share of a label's elements within the convex hull of another, in the slices where both can be seen."""
    inside = of = 0
    for plane in planes:
        points, others = np.argwhere(plane == inner), np.argwhere(plane == outer)
        if len(points) and len(others) and np.linalg.matrix_rank(others - others[0]) == 2:
            sides = ConvexHull(others).equations
            inside += int(np.all(points @ sides[:, :2].T + sides[:, 2] <= 1e-9, axis=1).sum())
            of += len(points)
    return inside / of if of else 0.0


def _outlines(plane: NDArray[Any], values: list[int]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Elements of each label's outline in one slice (L,), and of those how many touch each other label (L, L).

    An element is on the outline when one of its four neighbours is of another label, or outside.
    """
    n = len(values)
    # numbers 1..n for the labels, 0 for all else, with a rim of 0
    lines = np.flatnonzero(plane.any(axis=1))
    columns = np.flatnonzero(plane.any(axis=0))
    plane = plane[lines[0] : lines[-1] + 1, columns[0] : columns[-1] + 1]
    number = np.zeros((plane.shape[0] + 2, plane.shape[1] + 2), np.uint8)  # of no more than MANY labels
    for place, value in enumerate(values, start=1):
        number[1:-1, 1:-1][plane == value] = place
    own = number[1:-1, 1:-1]
    inside = own > 0
    beside = (number[:-2, 1:-1], number[2:, 1:-1], number[1:-1, :-2], number[1:-1, 2:])
    own, others = own[inside].astype(np.intp), [one[inside] for one in beside]
    on_outline = np.any([one != own for one in others], axis=0)
    outline = np.bincount(own[on_outline], minlength=n + 1)[1:]
    pairs = np.zeros((n + 1) * (n + 1), np.intp)
    for place, one in enumerate(others):
        is_new = (one != own) & (one > 0)
        for before in others[:place]:  # an element that touches a label twice is counted once
            is_new &= one != before
        pairs += np.bincount(own[is_new] * (n + 1) + one[is_new], minlength=len(pairs))
    return outline, pairs.reshape(n + 1, n + 1)[1:, 1:]
