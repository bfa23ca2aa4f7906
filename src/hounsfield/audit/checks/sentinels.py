"""Numbers that stand for "not measured": -1, 0, 999 and the like, far from all real values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.columns import Column, numbers_of
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.wording import listed
from hounsfield.values import Case, Dataset, Fault
from hounsfield.values.wording import count

CANDIDATES = (-9999.0, -999.0, -99.0, -9.0, -1.0, 0.0, 9.0, 99.0, 999.0, 9999.0)
FEWEST = 5  # times that a number must be there
SHARE = 0.01  # of all values

GAP = 0.2
"""The distance to the nearest real values, as a share of the distance to their median, from which on it is apart."""

DISTINCT = 10  # real values; of fewer, as of grades or stages, a number may be one

REMEDY = "Write an empty cell or ? where it means 'not measured'; as a number it misleads every method."
READ_SO = "It is read as unknown here; tell other programs of it."


class Tally(NamedTuple):
    """The numbers of a column in one case: how many, how many of each candidate, and the range of the others."""

    values: int
    candidates: dict[float, int]
    low: float
    middle: float
    high: float


@dataclass(frozen=True)
class Sentinels:
    """The check."""

    name: str = "sentinels"

    def measure(self, case: OpenedCase) -> dict[Column, Tally] | None:
        """Column -> tally."""
        return {column: _tally(values) for column, values in numbers_of(case)} or None

    def judge(self, measured: Mapping[str, Mapping[Column, Tally]], dataset: Dataset) -> Iterable[Fault]:
        """The numbers that the layout knew as such, and those that can hardly be anything else."""
        for aside in dataset.set_aside:
            if aside.value is not None:
                what = f"{aside.why}, in {count(len(aside.cases), 'case')} of {len(dataset)}"
                yield Fault(self.name, f"{aside.where}, {aside.column}", what, READ_SO, 1.0, aside.cases)
        columns: dict[Column, dict[str, Tally]] = {}
        for case_id, found in measured.items():
            for column, tally in found.items():
                columns.setdefault(column, {})[case_id] = tally
        for column, tallies in columns.items():
            for value, nearest in _apart(list(tallies.values())):
                ids = tuple(i for i, tally in tallies.items() if value in tally.candidates)
                where = f"{dataset.where}, {column[1]}"
                what = f"is {value:g} in {_cases(ids, dataset)}, far from all other values ({nearest})"
                yield Fault(self.name, where, what, REMEDY, 0.8, ids)


CHECK = Sentinels()


def _tally(values: NDArray[np.float64]) -> Tally:
    counts = Counter(float(value) for value in values[np.isin(values, CANDIDATES)])
    others = values[~np.isin(values, CANDIDATES)]
    if not others.size:
        return Tally(len(values), dict(counts), np.nan, np.nan, np.nan)
    return Tally(len(values), dict(counts), float(others.min()), float(np.median(others)), float(others.max()))


def _apart(tallies: list[Tally]) -> Iterable[tuple[float, str]]:
    """The candidates that are there often and lie apart, each with the nearest of the real values in words."""
    counts: Counter[float] = Counter()
    for tally in tallies:
        counts.update(tally.candidates)
    total = sum(tally.values for tally in tallies)
    real = np.array([(t.low, t.middle, t.high) for t in tallies if not np.isnan(t.middle)]).reshape(-1, 3)
    if len(np.unique(real[:, 1])) < DISTINCT:
        return
    # the outermost percent may be mistakes of its own
    low, middle, high = np.quantile(real[:, 0], 0.01), np.median(real[:, 1]), np.quantile(real[:, 2], 0.99)
    for value, times in sorted(counts.items()):
        if times < FEWEST or times < SHARE * total:
            continue
        if value < low and low - value > GAP * (middle - value):
            yield value, f"from {low:.4g} on"
        elif value > high and value - high > GAP * (value - middle):
            yield value, f"up to {high:.4g}"


def _cases(ids: tuple[str, ...], dataset: Dataset) -> str:
    """How many cases, and at which sites where there are several."""
    chosen = set(ids)
    sites: dict[str, list[Case]] = {}
    for case in dataset:
        sites.setdefault(case.site, []).append(case)
    if len(sites) < 2:
        return f"{count(len(ids), 'case')} of {len(dataset)}"
    counts = {site: sum(case.id in chosen for case in cases) for site, cases in sites.items()}
    of_sites = [f"{there} of {len(sites[site])} of {site}" for site, there in counts.items() if there]
    return f"{count(len(ids), 'case')}: {listed(of_sites)}"
