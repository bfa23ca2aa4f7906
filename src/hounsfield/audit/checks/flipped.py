"""Cases that lie the wrong way round from left to right, where the body shows which way is right."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hounsfield.audit.likeness import Peers, Small, best_likeness, peers, small_images
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.relations import Labelled, fit_only_turned, labelled, relations
from hounsfield.audit.robust import spread
from hounsfield.values import Dataset, Fault

FEWEST = 8
SIDED = 3.0
"""A set shows which side is which when its usual advantage over the mirror image is this many spreads above none."""

MOST = 0.2
"""Share beyond which the others are the other side, of a hand or a breast, rather than mistaken."""

LEAST_SPREAD = 0.01  # of a difference between correlations
REMEDY = "Check the patient's side, and mend the affine or the array, of image and labels."


@dataclass(frozen=True)
class Sides:
    """What tells left from right in a case: its images in small, and where its labels lie."""

    images: Mapping[str, Small]
    labels: Mapping[str, Labelled]


@dataclass(frozen=True)
class Flipped:
    """The check."""

    name: str = "flipped"

    def measure(self, case: OpenedCase) -> Sides:
        """Images and labels."""
        return Sides(case.once(small_images), case.once(labelled))

    def judge(self, measured: Mapping[str, Sides], dataset: Dataset) -> Iterable[Fault]:
        """Images that are as like the others in a mirror as others are without; labels that fit so and only so."""
        named: set[str] = set()
        for fault in (*self._of_images(measured), *self._of_labels(measured)):
            if not named & set(fault.cases):
                named |= set(fault.cases)
                yield fault

    def _of_images(self, measured: Mapping[str, Sides]) -> Iterator[Fault]:
        for group in peers({case_id: sides.images for case_id, sides in measured.items()}):
            if len(group.ids) >= FEWEST:
                yield from self._among(group)

    def _among(self, group: Peers) -> Iterator[Fault]:
        middle = group.middle()
        as_is = best_likeness(group.rows, middle)
        mirrored = best_likeness(group.rows, np.flip(middle, _across(group.frame)))
        advantage = (as_is - mirrored).astype(np.float64)
        usual, deviation = float(np.median(advantage)), max(float(spread(advantage)), LEAST_SPREAD)
        if usual < SIDED * deviation:
            return
        turned = np.flatnonzero(advantage < -0.5 * usual)
        for number in turned if len(turned) <= MOST * len(advantage) else ():
            what = (
                f"is more like the others in a mirror (correlation {mirrored[number]:.2f}) than as it lies "
                f"({as_is[number]:.2f}): left and right seem exchanged"
            )
            yield Fault(self.name, group.where[number], what, REMEDY, sure=0.8, cases=(group.ids[number],))

    def _of_labels(self, measured: Mapping[str, Sides]) -> Iterator[Fault]:
        for truth in sorted({name for sides in measured.values() for name in sides.labels}):
            maps = {i: sides.labels[truth] for i, sides in measured.items() if truth in sides.labels}
            names = {value: word for one in maps.values() for value, word in one.names.items()}
            for pair in relations(maps):
                if len(pair.ids) < FEWEST:
                    continue
                signs = [1] * pair.numbers.shape[1]
                signs[1 + _across(pair.frame)] = -1
                for number in np.flatnonzero(fit_only_turned(pair.numbers, signs)):
                    case_id = pair.ids[int(number)]
                    a, b = (names.get(value, f"label {value}") for value in (pair.a, pair.b))
                    what = f"has {a} and {b} where the others have them in a mirror: left and right seem exchanged"
                    yield Fault(self.name, maps[case_id].where, what, REMEDY, sure=0.8, cases=(case_id,))


CHECK = Flipped()


def _across(frame: str) -> int:
    """The axis from left to right: the first of the world, the columns of a picture."""
    return 1 if frame == "image" else 0
