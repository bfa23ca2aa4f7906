"""Boxes that can not be right: empty, turned inside out, outside of the image, drawn twice, counted from one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.ops.boxes import doubles, iou
from hounsfield.values import Boxes, Dataset, Fault

TWICE = 0.9  # IoU from which on two boxes of a class mark one object
FEWEST_PAST = 3  # boxes that must end one element past their image before all are held to be counted from one


class Drawn(NamedTuple):
    """The boxes of one file, as they were read, and the shape of the image they lie on."""

    where: str
    corners: NDArray[np.float64]
    labels: tuple[str, ...]
    shape: tuple[int, ...]


@dataclass(frozen=True)
class BoxesCheck:
    """The check."""

    name: str = "boxes"

    def measure(self, case: OpenedCase) -> list[Drawn] | None:
        """The boxes of each file."""
        found = case.truths(Boxes).items()
        return [Drawn(case.where(name), b.corners_index, b.labels, b.grid.shape) for name, b in found] or None

    def judge(self, measured: Mapping[str, list[Drawn]], dataset: Dataset) -> Iterable[Fault]:
        """Each wrong box, and the set as a whole where all boxes seem shifted by one."""
        past = _counted_from_one([drawn for found in measured.values() for drawn in found])
        if past:
            what = f"has {past} boxes that end one element past their image, and none that begins at its first"
            yield Fault(self.name, dataset.where, what, "Take one from all corners: they are counted from one.", 0.8)
        for case_id, found in measured.items():
            for drawn in found:
                for number, what, remedy, sure in wrong_boxes(drawn):
                    yield Fault(self.name, drawn.where, what, remedy, sure, (case_id,), _middle(drawn, number))


CHECK = BoxesCheck()


def wrong_boxes(drawn: Drawn) -> Iterator[tuple[int | np.integer, str, str, float]]:
    """Which single boxes are wrong, what is wrong with them, what to do, and how sure that is."""
    low, high = drawn.corners[:, 0], drawn.corners[:, 1]
    inverted = np.any(high < low, axis=1)
    # first and last index equal, as in VOC's 504 to 504, is a box of size 1 here; nobody draws one
    empty = ~inverted & np.any(high - low <= 1.0, axis=1)
    outside = ~inverted & np.any((low < -1.5) | (high > np.array(drawn.shape) + 0.5), axis=1)
    for number in np.flatnonzero(inverted):
        yield number, f"has {_box(drawn, number)} with its corners exchanged", "Exchange them.", 1.0
    for number in np.flatnonzero(empty):
        yield number, f"has {_box(drawn, number)} without width or height", "Draw it anew, or remove it.", 0.95
    for number in np.flatnonzero(outside):
        yield (
            number,
            f"has {_box(drawn, number)} outside of its image",
            "Does it belong to another image, or another size?",
            1.0,
        )
    usable = np.flatnonzero(~inverted & ~empty)
    twice = doubles(drawn.corners[usable], [drawn.labels[number] for number in usable], TWICE)
    for b, a in sorted(twice.items(), key=lambda pair: pair[::-1]):
        first, second = int(usable[a]), int(usable[b])
        overlap = float(iou(drawn.corners[[first]], drawn.corners[[second]])[0, 0])
        what = f"has {_box(drawn, first)} and box {second + 1} around one object (IoU {overlap:.2f})"
        yield first, what, "Remove one of them.", 0.9


def _box(drawn: Drawn, number: int | np.integer) -> str:
    """A box by its number in the file, its class and its first corner."""
    corner = ", ".join(f"{x + 0.5:g}" for x in drawn.corners[number, 0])
    return f"box {number + 1} ({drawn.labels[number]}, from index {corner})"


def _middle(drawn: Drawn, number: int | np.integer) -> tuple[int, ...]:
    """The element of the image in the middle of a box, or the nearest to it."""
    middle = np.clip(drawn.corners[number].mean(axis=0).round(), 0, np.array(drawn.shape) - 1)
    return tuple(int(n) for n in middle)


def _counted_from_one(every: list[Drawn]) -> int:
    """How many boxes end one element past their image, where none begins at its first; 0 where it is not so."""
    past = 0
    for drawn in every:
        if np.any(drawn.corners[:, 0] < 0.5):
            return 0
        past += int(np.any(np.isclose(drawn.corners[:, 1], np.array(drawn.shape) + 0.5), axis=1).sum())
    return past if past >= FEWEST_PAST else 0
