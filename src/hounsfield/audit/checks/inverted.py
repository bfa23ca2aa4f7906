"""Images whose contrast is turned round: dark where the others are bright."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hounsfield.audit.likeness import Small, peers, small_images
from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Dataset, Fault

ALIKE = 0.4
"""The images of a set are alike when half of them correlate better than this with what they have in common."""


@dataclass(frozen=True)
class Inverted:
    """The check."""

    name: str = "inverted"

    def measure(self, case: OpenedCase) -> dict[str, Small] | None:
        """The images in small."""
        return case.once(small_images) or None

    def judge(self, measured: Mapping[str, Mapping[str, Small]], dataset: Dataset) -> Iterable[Fault]:
        """Images that correlate with the negative of what the set has in common as well as others do with itself."""
        for group in peers(measured):
            likeness = group.rows @ group.middle().ravel()
            usual = float(np.median(likeness))
            if usual < ALIKE:
                continue
            for number in np.flatnonzero(likeness < -0.5 * usual):
                yield Fault(
                    self.name,
                    group.where[number],
                    f"looks like the negative of the others: its correlation with what they have in common is "
                    f"{likeness[number]:.2f}, theirs {usual:.2f}",
                    "Turn its intensities round, or export it again without inversion (MONOCHROME1).",
                    sure=min(1.0, 0.5 - float(likeness[number])),
                    cases=(group.ids[number],),
                )


CHECK = Inverted()
