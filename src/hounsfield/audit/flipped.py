"""Images that lie the wrong way round from left to right, where the body shows which way is right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hounsfield.audit.likeness import Peers, Small, best_likeness, peers, small_images
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import spread
from hounsfield.values import Dataset, Fault

FEWEST = 8
SIDED = 3.0
"""A set shows which side is which when its usual advantage over the mirror image is this many spreads above none."""

LEAST_SPREAD = 0.01  # of a difference between correlations


@dataclass(frozen=True)
class Flipped:
    """The check."""

    name: str = "flipped"

    def measure(self, case: OpenedCase) -> dict[str, Small] | None:
        """The images in small."""
        return small_images(case) or None

    def judge(self, measured: Mapping[str, Mapping[str, Small]], dataset: Dataset) -> Iterable[Fault]:
        """Images that are as like the others in a mirror as the others are without one."""
        for group in peers(measured):
            if len(group.ids) >= FEWEST:
                yield from self._among(group)

    def _among(self, group: Peers) -> Iterable[Fault]:
        # the first world axis of a volume, the columns of a picture
        across = 1 if group.frame == "image" else 0
        middle = group.middle()
        as_is = best_likeness(group.rows, middle)
        mirrored = best_likeness(group.rows, np.flip(middle, across))
        advantage = (as_is - mirrored).astype(np.float64)
        usual, deviation = float(np.median(advantage)), max(float(spread(advantage)), LEAST_SPREAD)
        if usual < SIDED * deviation:
            return
        for number in np.flatnonzero(advantage < -0.5 * usual):
            yield Fault(
                self.name,
                group.where[number],
                f"is more like the others in a mirror (correlation {mirrored[number]:.2f}) than as it lies "
                f"({as_is[number]:.2f}): left and right seem exchanged",
                "Check the patient's side, and mend the affine or the array, of the labels too.",
                sure=0.8,
                cases=(group.ids[number],),
            )


CHECK = Flipped()
