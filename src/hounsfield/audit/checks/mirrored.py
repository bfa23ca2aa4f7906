"""Label maps that fit their image only in a mirror: one of the two was flipped and the other was not.

The outlines of labels follow edges of the image. Where the edges lie under the mirrored outlines instead, against the
habit of all other cases, image and label map do not belong together as they lie.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import spread
from hounsfield.values import Dataset, Fault, Grid, Image, LabelMap

FEWEST = 8
PLANES = 24  # of a volume that are looked at, at most
SHORTEST = 50  # elements of an outline that say something
SURE_OF = 3.0  # spreads above none that the usual advantage over the mirror must have
MOST = 0.2  # share of the cases beyond which nothing is usual
LEAST_SPREAD = 0.05  # of a logarithm
SIDES = {"RAS": ("left and right", "front and back", "below and above"), "image": ("above and below", "left and right")}

REMEDY = "Look at them together, and flip the array of the wrong one, or mend its affine."


class Fit(NamedTuple):
    """How far better the edges of an image fit the outlines of a label map than its mirrored outlines.

    advantages: (frame, axis of the world) -> logarithm of the ratio of the image's steps there.
    """

    where: str
    image: str
    advantages: Mapping[tuple[str, int], float]


@dataclass(frozen=True)
class Mirrored:
    """The check."""

    name: str = "mirrored"

    def measure(self, case: OpenedCase) -> dict[str, Fit] | None:
        """Truth -> fit, of the label maps on images."""
        found = {}
        for name, labels in case.labels().items():
            of = case.case.truths[name].of
            image = case.images().get(of)
            if image is not None and labels.array.any():
                quantiles = case.summary(of).quantiles
                fits = advantages(image, labels, (quantiles[1], quantiles[99]))
                found[name] = Fit(case.where(name), case.where(of), fits)
        return found or None

    def judge(self, measured: Mapping[str, Mapping[str, Fit]], dataset: Dataset) -> Iterable[Fault]:
        """The label maps that fit their mirror as others fit as they lie, along the axis that shows it best."""
        worst: dict[tuple[str, str], tuple[float, tuple[str, int]]] = {}
        fits = [(case_id, truth, fit) for case_id, found in measured.items() for truth, fit in found.items()]
        for truth, axis in sorted({(truth, axis) for _, truth, fit in fits for axis in fit.advantages}):
            having = {i: fit.advantages[axis] for i, name, fit in fits if name == truth and axis in fit.advantages}
            for case_id, share in _turned(having):
                if share < worst.get((case_id, truth), (0.0, axis))[0]:
                    worst[case_id, truth] = share, axis
        for (case_id, truth), (_, (frame, number)) in worst.items():
            fit = measured[case_id][truth]
            what = (
                f"fits its image {fit.image} better in a mirror, with {SIDES[frame][number]} exchanged; "
                "the others fit as they lie"
            )
            yield Fault(self.name, fit.where, what, REMEDY, sure=0.8, cases=(case_id,))


CHECK = Mirrored()


def _turned(having: Mapping[str, float]) -> Iterator[tuple[str, float]]:
    """The cases whose advantage is on the other side, as shares of the usual one; none where that shows nothing."""
    values = np.array(list(having.values()))
    if len(values) < FEWEST:
        return
    usual, deviation = float(np.median(values)), max(float(spread(values)), LEAST_SPREAD)
    turned = {case_id: value / usual for case_id, value in having.items() if value < -0.5 * usual}
    if usual >= SURE_OF * deviation and len(turned) <= MOST * len(values):
        yield from turned.items()


def advantages(image: Image, labels: LabelMap, window: tuple[float, float]) -> dict[tuple[str, int], float]:
    """(frame, axis of the world) -> how far better the outlines fit than in a mirror; none where little is to be seen.

    Steps of the first channel, within a window of values, are taken inside planes across the last axis.
    """
    low, high = window
    if not high > low:
        return {}
    array, last = labels.array, labels.array.ndim - 1
    steps = np.zeros((1 + array.ndim, 2))  # as it lies and mirrored along each axis: sum and count
    is_picture = array.ndim == 2
    for k in [0] if is_picture else _planes(array):
        plane = image.source.slab(1 + last, k, k + 1)[0, ..., 0] if not is_picture else image.source.slab(0, 0, 1)[0]
        shown = np.clip((np.nan_to_num(plane) - low) / (high - low), 0, 1)
        own = array if is_picture else array[..., k]
        mirrors = [np.flip(own, axis) for axis in range(own.ndim)]
        if not is_picture:
            mirrors.append(array[..., array.shape[last] - 1 - k])
        for row, drawn in zip(steps, (own, *mirrors), strict=True):
            row += _steps_under(shown, drawn)
    if steps[:, 1].min() < SHORTEST or steps[:, 0].min() <= 0:
        return {}
    means = steps[:, 0] / steps[:, 1]
    return {
        (labels.grid.frame, _of_world(labels.grid, axis)): math.log(means[0] / mirrored)
        for axis, mirrored in enumerate(means[1:])
    }


def _planes(array: NDArray[Any]) -> list[int]:
    """Planes of the last axis with labels, or whose mirror has some, evenly drawn."""
    filled = np.asarray(array.any(axis=tuple(range(array.ndim - 1))))
    numbers = np.flatnonzero(filled | filled[::-1])
    return [int(k) for k in numbers[np.linspace(0, len(numbers) - 1, min(PLANES, len(numbers))).round().astype(int)]]


def _steps_under(plane: NDArray[np.floating], drawn: NDArray[Any]) -> NDArray[np.float64]:
    """Sum and number of the image's steps across the borders of labels."""
    total = np.zeros(2)
    for axis in range(plane.ndim):
        is_border = np.diff(drawn, axis=axis) != 0
        total += (float(np.abs(np.diff(plane, axis=axis))[is_border].sum()), int(is_border.sum()))
    return total


def _of_world(grid: Grid, axis: int) -> int:
    """The axis of the world that an array's axis runs along."""
    return axis if grid.frame == "image" else int(np.argmax(np.abs(grid.affine[: grid.ndim, axis])))
