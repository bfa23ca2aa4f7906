"""Intervals by drawing patients again and again (the cluster bootstrap: Field and Welsh 2007)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hounsfield.evaluation.metric import Pooling, mean_of_defined
from hounsfield.values import Interval, Row

Draws = NDArray[np.int64]


def interval(
    rows: Sequence[Row],
    pool: Callable[[Sequence[Row]], float | None],
    *,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """The pooled value with the percentiles of the values of resampled patients.

    All rows of a patient come and go together (of a case, where no patient is named; of a row, where neither is). Rows
    of several patients have to name in `patient` what they share with others.
    Resamples without a value are left out. Bounds are None where the value is undefined, or where there is one patient
    alone: nothing is known then of how patients differ.
    """
    undefined = sum(1 for row in rows if np.isnan(row.numbers[0]))
    value = pool(rows)
    members = _by_patient(rows)
    if value is None or len(members) < 2:
        return Interval(value, n=len(rows), undefined=undefined)
    draws = np.random.default_rng(seed).integers(len(members), size=(resamples, len(members)))
    values = _pooled(rows, pool, members, draws)
    values = values[~np.isnan(values)]
    if not len(values):
        return Interval(value, n=len(rows), undefined=undefined)
    low, high = np.quantile(values, [(1 - level) / 2, (1 + level) / 2])
    return Interval(value, float(low), float(high), len(rows), undefined)


def paired_difference(
    values_a: Mapping[str, float | None],
    values_b: Mapping[str, float | None],
    patients: Mapping[str, str],
    *,
    seed: int = 0,
    resamples: int = 1000,
    level: float = 0.95,
) -> Interval:
    """Mean of B minus A over the cases that both have, with its interval over patients; values by case.

    A case without a value in one of them counts as undefined.
    """
    rows = []
    for case in sorted(values_a.keys() & values_b.keys()):
        a, b = values_a[case], values_b[case]
        difference = float("nan") if a is None or b is None else b - a
        rows.append(Row("difference", (difference,), case, patients.get(case, "")))
    return interval(rows, mean_of_defined, seed=seed, resamples=resamples, level=level)


def _by_patient(rows: Sequence[Row]) -> list[list[int]]:
    """Indices of the rows of each patient, the patients in order of their names: the order of rows does not matter."""
    members: dict[tuple[str, str, int], list[int]] = {}
    for i, row in enumerate(rows):
        key = (row.patient, "" if row.patient else row.case, -1 if row.patient or row.case else i)
        members.setdefault(key, []).append(i)
    return [members[key] for key in sorted(members)]


def _pooled(
    rows: Sequence[Row], pool: Callable[[Sequence[Row]], float | None], members: list[list[int]], draws: Draws
) -> NDArray[np.float64]:
    """The value of each resample (len(draws),); NaN where it is undefined."""
    if pool is mean_of_defined:
        return _means(np.array([row.numbers[0] for row in rows]), members, draws)
    if isinstance(pool, Pooling):
        numbers = np.array([row.numbers for row in rows], dtype=np.float64)
        parts = [numbers[indices] for indices in members]
        values = [pool.of_numbers(np.concatenate([parts[p] for p in draw])) for draw in draws]
    else:
        values = [pool([rows[i] for p in draw for i in members[p]]) for draw in draws]
    return np.array([np.nan if value is None else value for value in values])


def _means(first: NDArray[np.float64], members: list[list[int]], draws: Draws) -> NDArray[np.float64]:
    sums = np.array([np.nansum(first[indices]) for indices in members])
    counts = np.array([np.count_nonzero(~np.isnan(first[indices])) for indices in members])
    drawn = counts[draws].sum(axis=1)
    means = np.full(len(draws), np.nan)
    np.divide(sums[draws].sum(axis=1), drawn, out=means, where=drawn > 0)
    return means
