"""Volumes whose axes run in other directions than those of nearly all others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import FEWEST
from hounsfield.values import Dataset, Fault, Grid

MOST_ALIKE = 0.85
"""Axes differ between scanners; only where so many of the others agree does a case disagree with them."""

LETTERS = ("RL", "AP", "SI")


def axis_codes(grid: Grid) -> str:
    """Where the axes of an array run to, as in RAS or LPS: right, left, anterior, posterior, superior, inferior."""
    codes = ""
    for column in (grid.affine[: grid.ndim, : grid.ndim] / np.maximum(grid.spacing, 1e-12)).T:
        world = int(np.argmax(np.abs(column)))
        codes += LETTERS[world][int(column[world] < 0)]
    return codes


@dataclass(frozen=True)
class Orientation:
    """The check."""

    name: str = "orientation"

    def measure(self, case: OpenedCase) -> dict[str, tuple[str, str]] | None:
        """Role -> file and axis codes, of the images that lie in a body."""
        grids = {role: image.grid for role, image in case.images().items()}
        return {
            role: (case.where(role), axis_codes(grid)) for role, grid in grids.items() if grid.frame == "RAS"
        } or None

    def judge(self, measured: Mapping[str, Mapping[str, tuple[str, str]]], dataset: Dataset) -> Iterable[Fault]:
        """Images whose codes are not those that nearly all other images of their role share."""
        for role in sorted({role for found in measured.values() for role in found}):
            of_role = {case_id: found[role] for case_id, found in measured.items() if role in found}
            if len(of_role) < FEWEST:
                continue
            usual, count = Counter(codes for _, codes in of_role.values()).most_common(1)[0]
            if count < MOST_ALIKE * len(of_role):
                continue
            for case_id, (where, codes) in of_role.items():
                if codes != usual:
                    yield Fault(
                        self.name,
                        where,
                        f"has its axes in the order {codes}, {count} of {len(of_role)} have {usual}",
                        "Look whether the header is right: hounsfield goes by it, others may not.",
                        sure=0.4,
                        cases=(case_id,),
                    )


CHECK = Orientation()
