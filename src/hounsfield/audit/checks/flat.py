"""Images that show nothing: one value everywhere, or nearly."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import FEWEST
from hounsfield.values import Dataset, Fault

FLAT = 1e-3
"""A deviation below this share of the largest value is next to none, unless the whole set is like that."""

REMEDY = "Export it again, or take the case out: nothing can be learnt from it."


class Contrast(NamedTuple):
    """How much an image varies: its range, and its deviation as a share of its largest absolute value."""

    where: str
    low: float
    high: float
    share: float


@dataclass(frozen=True)
class Flat:
    """The check."""

    name: str = "flat"

    def measure(self, case: OpenedCase) -> dict[str, Contrast]:
        """Role -> contrast."""
        found = {}
        for role in case.images():
            said = case.summary(role)
            largest = max(abs(said.low), abs(said.high))
            share = said.deviation / largest if largest > 0 else 0.0
            found[role] = Contrast(case.where(role), said.low, said.high, share)
        return found

    def judge(self, measured: Mapping[str, Mapping[str, Contrast]], dataset: Dataset) -> Iterable[Fault]:
        """Constant images, and those with far less contrast than the others of their role."""
        shares: dict[str, list[float]] = {}
        for found in measured.values():
            for role, one in found.items():
                if math.isfinite(one.share):
                    shares.setdefault(role, []).append(one.share)
        for case_id, found in measured.items():
            for role, one in found.items():
                others = shares.get(role, [])
                usual = float(np.median(others)) if len(others) >= FEWEST else math.inf
                if one.low == one.high:
                    yield Fault(self.name, one.where, f"is {one.low:g} everywhere", REMEDY, cases=(case_id,))
                elif one.share < min(FLAT, 0.05 * usual):
                    what = f"is nearly the same everywhere: it varies by {100 * one.share:.2g} % of its largest value"
                    yield Fault(self.name, one.where, what, REMEDY, sure=0.8, cases=(case_id,))


CHECK = Flat()
