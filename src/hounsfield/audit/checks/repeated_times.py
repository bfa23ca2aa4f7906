"""Series that measure the same thing more than once at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.wording import listed, several
from hounsfield.values import Dataset, Fault, Series
from hounsfield.values.wording import count

REMEDY = "Decide which of them counts; all are kept here, in the order of the file."


@dataclass(frozen=True)
class RepeatedTimes:
    """The check."""

    name: str = "repeated_times"

    def measure(self, case: OpenedCase) -> dict[str, dict[str, int]] | None:
        """Role -> channel -> at how many times it was measured more than once."""
        found = {role: repeats_of(series) for role, series in case.inputs(Series).items()}
        return {role: channels for role, channels in found.items() if channels} or None

    def judge(self, measured: Mapping[str, Mapping[str, Mapping[str, int]]], dataset: Dataset) -> Iterable[Fault]:
        """All such series of a role together."""
        inputs = {case.id: case.inputs for case in dataset}
        for role in sorted({role for found in measured.values() for role in found}):
            ids = tuple(case_id for case_id, found in measured.items() if role in found)
            times: Counter[str] = Counter()
            for case_id in ids:
                times.update(measured[case_id][role])
            most = [f"{channel} {number}" for channel, number in times.most_common()]
            what = (
                f"measures something more than once at the same time in {count(len(ids), 'case')} of {len(dataset)}, "
                f"{count(times.total(), 'time')} in all ({listed(most)})"
            )
            yield Fault(self.name, several([inputs[i][role].where for i in ids]), what, REMEDY, cases=ids)


CHECK = RepeatedTimes()


def repeats_of(series: Series) -> dict[str, int]:
    """Channel -> at how many times it has more than one value."""
    if len(series.times) < 2:
        return {}
    starts = np.flatnonzero(np.diff(series.times, prepend=-np.inf) > 0)
    values = np.add.reduceat(~np.isnan(series.values), starts, axis=0, dtype=np.int64)
    repeats = (values > 1).sum(axis=0)
    return {name: int(number) for name, number in zip(series.channels, repeats, strict=True) if number}
