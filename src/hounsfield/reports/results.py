"""Scores in words, rows and a chart."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hounsfield.figures.intervals import interval_chart
from hounsfield.reports.meanings import meaning_of, name_of
from hounsfield.values import Interval, Scores

MOST_CARDS, MOST_CHARTED, MOST_CASES = 6, 16, 200


@dataclass(frozen=True)
class Said:
    """One value in words: of which item, the value, its interval, how many measurements it rests on."""

    item: str
    value: str
    interval: str
    n: str


@dataclass(frozen=True)
class MetricRows:
    """All items of one metric."""

    name: str
    unit: str
    meaning: str
    better: str
    rows: tuple[Said, ...]


@dataclass(frozen=True)
class Result:
    """What a page says of scores.

    cards: the deciding metric's items, the worst first where there are many.  of: how many items there are.
    cases: every case with the mean of its items, the worst first, by the metric case_metric.
    """

    metric: str
    sentence: str
    cards: tuple[Said, ...]
    of: int
    metrics: tuple[MetricRows, ...]
    chart: str
    case_metric: str
    cases: tuple[tuple[str, str, str], ...]
    unlisted: int


def result_of(scores: Scores) -> Result:
    """The scores, ready for the page."""
    first = scores.sets.get(scores.first, {})
    higher = scores.better.get(scores.first, "higher") == "higher"
    ranked = sorted(first, key=lambda item: _badness(first[item].value, higher))
    cards = list(first) if len(first) <= MOST_CARDS else ranked[:MOST_CARDS]
    charted = list(first) if len(first) <= MOST_CHARTED else ranked[:MOST_CHARTED]
    by = scores.ranked_by
    means = {case: _mean(metrics.get(by, {})) for case, metrics in scores.cases.items()}
    order = sorted(means, key=lambda case: _badness(means[case], scores.better.get(by, "higher") == "higher"))
    singles = {item: [case.get(scores.first, {}).get(item) for case in scores.cases.values()] for item in charted}
    name = name_of(scores.first)
    return Result(
        metric=name,
        sentence=_sentence(scores, higher),
        cards=tuple(said(item, first[item]) for item in cards),
        of=len(first),
        metrics=tuple(_metric_rows(scores, metric, items) for metric, items in scores.sets.items() if items),
        chart=interval_chart(
            {item: first[item] for item in charted}, title=f"{name} with 95 % intervals", cases=singles
        ),
        case_metric=name_of(by),
        cases=tuple((case, scores.patients.get(case, ""), _number(means[case])) for case in order[:MOST_CASES]),
        unlisted=max(0, len(order) - MOST_CASES),
    )


def said(item: str, value: Interval) -> Said:
    """One value in words; what is not known is said to be undefined or unknown."""
    if value.low is None or value.high is None:
        interval = "unknown"
    else:
        widest = max(abs(value.low), abs(value.high))
        interval = f"{_number(value.low, like=widest)} to {_number(value.high, like=widest)}"
    undefined = f", {value.undefined} undefined" if value.undefined else ""
    return Said(item, _number(value.value), interval, f"{value.n}{undefined}")


def _sentence(scores: Scores, higher: bool) -> str:
    patients = len({scores.patients.get(case, case) for case in scores.cases})
    unit = f" in {scores.units[scores.first]}" if scores.units.get(scores.first) else ""
    direction = "Higher" if higher else "Lower"
    of = f"{patients} patient{'s' * (patients != 1)}"
    cases = f"{len(scores.cases)} case{'s' * (len(scores.cases) != 1)}"
    values = [
        f"{item} {one.value}" + (f" (95 % interval {one.interval})" if one.interval != "unknown" else "")
        for item, one in ((item, said(item, value)) for item, value in scores.sets.get(scores.first, {}).items())
    ]
    told = "; ".join(values[:3]) + (f"; and {len(values) - 3} more" if len(values) > 3 else "")
    measured = f"{name_of(scores.first)}{unit} over {cases} of {of}"
    return f"{measured}: {told or 'undefined'}. {direction} is better."


def _metric_rows(scores: Scores, metric: str, items: Mapping[str, Interval]) -> MetricRows:
    rows = tuple(said(item, value) for item, value in items.items())
    better = f"{scores.better.get(metric, 'higher')} is better"
    return MetricRows(name_of(metric), scores.units.get(metric, ""), meaning_of(metric), better, rows)


def _mean(items: Mapping[str, float | None]) -> float | None:
    values = [value for value in items.values() if value is not None and math.isfinite(value)]
    return sum(values) / len(values) if values else None


def _badness(value: float | None, higher: bool) -> float:
    """Smaller is worse; the undefined come last."""
    if value is None or not math.isfinite(value):
        return math.inf
    return value if higher else -value


def _number(value: float | None, *, like: float | None = None) -> str:
    """Three decimals below ten (below ten in `like`, where given), one from there on."""
    if value is None or not math.isfinite(value):
        return "undefined"
    return f"{value:.3f}" if abs(value if like is None else like) < 10 else f"{value:.1f}"
