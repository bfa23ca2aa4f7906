"""A case as one row of numbers: covariates, words as codes, summaries of series; NaN where something is missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hounsfield.values import Case, Plan, Series, refuse

SUMMARIES = ("last", "mean", "min", "max", "count")

Codes = Mapping[str, Sequence[str]]
Value = float | str | None


def codes_of(cases: Sequence[Case], columns: Sequence[str]) -> dict[str, list[str]]:
    """The words of each column in which a word occurs, in alphabetical order: a word's code is its place."""
    codes = {}
    for column in columns:
        values = [case.covariates.get(column) for case in cases]
        if any(isinstance(value, str) for value in values):
            codes[column] = sorted({_word(value) for value in values if value is not None})
    return codes


def row_of(plan: Plan, codes: Codes, case: Case) -> NDArray[np.float64]:
    """The case as numbers (F,): the plan's columns, then its channels, each with every summary."""
    covariates = [_number(case.covariates.get(column), codes.get(column)) for column in plan["columns"]]
    return np.array([*covariates, *_summaries(plan, case)], np.float64)


def says_nothing(plan: Plan, row: NDArray[np.float64]) -> bool:
    """Whether neither a covariate nor a measurement is known."""
    is_count = [False] * len(plan["columns"]) + [how == "count" for _ in plan["channels"] for how in plan["summaries"]]
    return not np.where(is_count, row > 0, np.isfinite(row)).any()


def _number(value: Value, words: Sequence[str] | None) -> float:
    if value is None:
        return np.nan
    if words is not None:
        return float(words.index(_word(value))) if _word(value) in words else np.nan
    return np.nan if isinstance(value, str) else float(value)


def _word(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:g}"


def _summaries(plan: Plan, case: Case) -> list[float]:
    measured = _measured(plan, case)
    return [summary(how, measured.get(channel)) for channel in plan["channels"] for how in plan["summaries"]]


def _measured(plan: Plan, case: Case) -> dict[str, NDArray[np.float32]]:
    """ROLE:CHANNEL -> its measurements in time's order. A lone series serves a plan of one role, whatever its name."""
    roles = {role: role for role in plan["series"]}
    own = [role for role, value in case.inputs.items() if issubclass(value.kind, Series)]
    if len(roles) == len(own) == 1:
        roles = {plan["series"][0]: own[0]}
    measured = {}
    for role, found in roles.items():
        if found not in own:
            what = f"has no series {role} (it has {', '.join(case.inputs) or 'no inputs'})"
            raise refuse(case.id, what, "Give cases like those it was trained on.")
        series = case.inputs[found].load()
        for channel, column in zip(series.channels, series.values.T, strict=True):
            measured[f"{role}:{channel}"] = column[np.isfinite(column)]
    return measured


def summary(how: str, values: NDArray[np.float32] | None) -> float:
    """One number of the measurements of a channel; NaN where there are none, but for their count."""
    if how == "count":
        return 0.0 if values is None else float(len(values))
    if values is None or not len(values):
        return np.nan
    match how:
        case "last":
            return float(values[-1])
        case "mean":
            return float(values.mean(dtype=np.float64))
        case "min":
            return float(values.min())
        case "max":
            return float(values.max())
        case _:
            raise refuse("summaries", f"know no {how!r}", f"Known are {', '.join(SUMMARIES)}.")
