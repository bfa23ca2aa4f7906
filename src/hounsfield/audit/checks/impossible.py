"""Values that can not be: beyond what a living person has, or far from all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.columns import Column, numbers_of
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import spread
from hounsfield.audit.vital_limits import Limits, limits_of
from hounsfield.audit.wording import several
from hounsfield.values import Case, Dataset, Fault
from hounsfield.values.wording import count

FEWEST = 20  # cases from which on the usual values of a column without limits are known
FAR, FAR_BY_FACTOR = (
    50.0,
    12.0,
)  # spreads of the cases' medians, of the values and, of positive ones, of their logarithms

REMEDY = "Look at the record; leave the value out, or mend its unit."


class Extent(NamedTuple):
    """The numbers of a column in one case: their range and median, and which lie below and above its limits."""

    low: float
    middle: float
    high: float
    below: tuple[float, ...]
    above: tuple[float, ...]


@dataclass(frozen=True)
class Impossible:
    """The check."""

    name: str = "impossible"

    def measure(self, case: OpenedCase) -> dict[Column, Extent] | None:
        """Column -> extent."""
        return {column: _extent(values, limits_of(column[1])) for column, values in numbers_of(case)} or None

    def judge(self, measured: Mapping[str, Mapping[Column, Extent]], dataset: Dataset) -> Iterable[Fault]:
        """Each column with such values, those below and those above apart."""
        cases = {case.id: case for case in dataset}
        columns: dict[Column, dict[str, Extent]] = {}
        for case_id, found in measured.items():
            for column, extent in found.items():
                columns.setdefault(column, {})[case_id] = extent
        for column, extents in columns.items():
            limits = None if _is_of_a_picture(column, columns) else limits_of(column[1])
            if limits is None:
                yield from self._far(column, extents, cases)
                continue
            usual = float(np.median([extent.middle for extent in extents.values()]))
            if not limits.least <= usual <= limits.most:
                continue  # another unit, or another thing of the same name
            below = {i: extent.below for i, extent in extents.items() if extent.below}
            above = {i: extent.above for i, extent in extents.items() if extent.above}
            # a zero may be a monitor without a patient, or a pause; anything else is no measurement at all
            zeros = all(value == 0 for values in below.values() for value in values)
            least, most = f"least possible is {limits.least:g}", f"most possible is {limits.most:g}"
            yield from self._fault(column, below, f"the {least} {limits.unit}".rstrip(), cases, 0.8 if zeros else 0.95)
            yield from self._fault(column, above, f"the {most} {limits.unit}".rstrip(), cases, 0.95)

    def _far(self, column: Column, extents: Mapping[str, Extent], cases: Mapping[str, Case]) -> Iterable[Fault]:
        """Values far from all others, as a difference and, where all are positive, as a factor too."""
        middles = np.array([extent.middle for extent in extents.values()])
        if len(middles) < FEWEST or float(spread(middles)) == 0.0:
            return
        ends = {i: (extent.low, extent.high) for i, extent in extents.items()}
        far = {i: tuple(v for v in set(pair) if _is_far(v, middles)) for i, pair in ends.items()}
        usual = f"the usual value is {np.median(middles):.3g}"
        yield from self._fault(column, {i: values for i, values in far.items() if values}, usual, cases, 0.5)

    def _fault(
        self,
        column: Column,
        values: Mapping[str, tuple[float, ...]],
        against: str,
        cases: Mapping[str, Case],
        sure: float,
    ) -> Iterable[Fault]:
        if not values:
            return
        role, name = column
        found = sorted(value for those in values.values() for value in those)
        reach = f"{found[0]:g}" if found[0] == found[-1] else f"{found[0]:g} to {found[-1]:g}"
        where = several([cases[i].inputs[role].where if role else f"case {i}" for i in values])
        what = f"has {name} {reach} ({count(len(found), 'value')}); {against}"
        yield Fault(self.name, where, what, REMEDY, sure, tuple(values))


CHECK = Impossible()


def _extent(values: NDArray[np.float64], limits: Limits | None) -> Extent:
    below, above = (values[:0], values[:0])
    if limits is not None:
        below, above = values[values < limits.least], values[values > limits.most]
    ends = float(values.min()), float(np.median(values)), float(values.max())
    return Extent(*ends, tuple(below.tolist()), tuple(above.tolist()))


def _is_of_a_picture(column: Column, columns: Mapping[Column, object]) -> bool:
    """Whether a height is that of a picture: a width stands beside it."""
    names = {name.lower() for role, name in columns if role == column[0]}
    return column[1].lower() == "height" and "width" in names


def _is_far(value: float, middles: NDArray[np.float64]) -> bool:
    middle, deviation = float(np.median(middles)), float(spread(middles))
    if abs(value - middle) <= FAR * deviation:
        return False
    positive = middles[middles > 0]
    if value <= 0 or 2 * len(positive) < len(middles):
        return True
    logs = np.log(positive)
    return bool(abs(np.log(value) - np.median(logs)) > FAR_BY_FACTOR * max(float(spread(logs)), 1e-6))
