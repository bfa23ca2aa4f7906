"""A case as numbers: its series on a regular axis of time, its covariates in a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hounsfield.ops.series import binned
from hounsfield.values import Case, Plan, Series, refuse

HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": 24.0}  # of each unit of time


def series_of(plan: Plan, case: Case, bins: int) -> tuple[NDArray[np.float32], tuple[str, ...]]:
    """Standardised means of each step (bins, C), NaN where nothing was measured, and the channels nobody knows.

    Values beyond what training cases had (a pH of 94) are cut to it. Raises Refused where a series is missing.
    """
    values = np.full((bins, len(plan["channels"])), np.nan, np.float32)
    strangers: list[str] = []
    for role, series in loaded(plan, case).items():
        names = [f"{role}:{channel}" for channel in series.channels]
        known = [place for place, name in enumerate(names) if name in plan["channels"]]
        strangers += [series.channels[place] for place in range(len(names)) if place not in known]
        to = [plan["channels"].index(names[place]) for place in known]
        low, high, _, _ = (row[to] for row in _range(plan["channel_range"]))
        times = series.times * HOURS[series.unit]
        cut = np.clip(series.values[:, known], low, high)  # before means are taken; NaN stays NaN
        values[:, to] = binned(times, cut, step=plan["step_hours"], bins=bins)
    _, _, middle, spread = _range(plan["channel_range"])
    return ((values - middle) / spread).astype(np.float32), tuple(strangers)


def loaded(plan: Plan, case: Case) -> dict[str, Series]:
    """The case's series by the plan's roles. A lone series serves a plan of one role, whatever its name."""
    own = [role for role, value in case.inputs.items() if issubclass(value.kind, Series)]
    roles = {role: role for role in plan["inputs"]}
    if len(roles) == len(own) == 1:
        roles = {plan["inputs"][0]: own[0]}
    missing = [role for role, found in roles.items() if found not in own]
    if missing:
        what = f"has no series {', '.join(missing)} (its inputs: {', '.join(case.inputs) or 'none'})"
        raise refuse(case.id, what, "Give it; a series without a single measurement will do.")
    found = {role: case.inputs[name].load() for role, name in roles.items()}
    for role, series in found.items():
        if series.unit not in HOURS:
            raise refuse(case.id, f"tells the time of {role} in {series.unit!r}", f"Known are {', '.join(HOURS)}.")
    return found


def static_of(plan: Plan, case: Case) -> NDArray[np.float32]:
    """The covariates (S,): each number standardised, 0 where missing, and whether it is missing; then the words.

    Of a category there is a 1 at its word, and whether no known word is there.
    """
    values = np.array([_number(case.covariates.get(name)) for name in plan["numbers"]], np.float64)
    low, high, middle, spread = _range(plan["number_range"])
    known = np.isfinite(values)
    standardised = np.where(known, (np.clip(values, low, high) - middle) / spread, 0.0)
    said = {name: f"{name}={_word(case.covariates.get(name))}" for name in plan["categories"]}
    words = [word in said.values() for word in plan["category_words"]]
    unknown = [word not in plan["category_words"] for word in said.values()]
    return np.concatenate([standardised, ~known, words, unknown]).astype(np.float32)


def static_size(plan: Plan) -> int:
    """S of `static_of`."""
    return 2 * len(plan["numbers"]) + len(plan["category_words"]) + len(plan["categories"])


def knows_nothing(plan: Plan, values: NDArray[np.float32], static: NDArray[np.float32]) -> bool:
    """Whether nothing was measured in time and no covariate is known."""
    n, words = len(plan["numbers"]), len(plan["category_words"])
    is_missing = np.concatenate([static[n : 2 * n], static[2 * n + words :]])
    return bool(np.isnan(values).all() and (is_missing == 1).all())


def _range(numbers: Sequence[float]) -> tuple[NDArray[np.float64], ...]:
    """Lowest, highest, middle and spread, each for all."""
    return tuple(np.reshape(np.asarray(numbers, np.float64), (4, -1)))


def _number(value: float | str | None) -> float:
    return np.nan if value is None or isinstance(value, str) else float(value)


def _word(value: float | str | None) -> str:
    return value if isinstance(value, str) else "" if value is None else f"{value:g}"
