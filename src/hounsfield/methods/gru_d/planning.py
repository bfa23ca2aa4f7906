"""What a recurrent network is shown of series and covariates, and how large it is."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hounsfield.methods.gru_d.records import HOURS
from hounsfield.planning.classes import balance_rule, classes_rule
from hounsfield.planning.wishes import decided
from hounsfield.values import Budget, Decision, Facts, Plan, Sketch, refuse

PASSES = 20  # over the training cases; in the ICU's stays more are learnt by heart (validation Brier 0.12, then 0.14)
FEWEST_STEPS = 100
BATCH = 64
BINS = 48  # steps of the network: two days by the hour (Che et al. 2018)
MOST_BINS = 1000
CODES = 8  # a covariate of at most so many whole numbers is a code, not a number
ROOM = 2.0  # values are cut this many times as far from the middle as the outermost percents of the medians are


def plans(facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
    """One plan, the wishes obeyed. Raises Refused where there are no series, or a wish does not fit the others."""
    plan = Plan("gru_d", "diagnosis")
    for rule in (_classes, _series, _covariates, _time, _sizes):
        for decision in rule(facts, budget, plan):
            plan = decided(plan, decision, wishes)
    check(plan)
    return (plan,)


def check(plan: Plan) -> None:
    """Raises Refused where decisions of a plan contradict each other."""
    for names, numbers in (("channels", "channel_range"), ("numbers", "number_range")):
        if len(plan[numbers]) != 4 * len(plan[names]):
            what = f"has {len(plan[numbers])} numbers for {len(plan[names])} {names}"
            raise refuse(numbers, what, "Give lowest, highest, middle and spread for each.")
    if bins_of(plan) > MOST_BINS:
        what = f"makes {bins_of(plan)} steps of {plan['hours']:g} hours, and {MOST_BINS} are the most"
        raise refuse("step_hours", what, "Give longer steps or fewer hours.")


def bins_of(plan: Plan) -> int:
    """Steps of the network."""
    hours, step = float(plan["hours"]), float(plan["step_hours"])
    return max(1, math.ceil(hours / step - 1e-6))


def _classes(facts: Facts, budget: Budget, plan: Plan) -> tuple[Decision, ...]:
    return classes_rule(facts)


def _series(facts: Facts, budget: Budget, plan: Plan) -> tuple[Decision, ...]:
    roles = [word.removesuffix("=Series") for word in facts.words.get("kinds", ()) if word.endswith("=Series")]
    channels = [f"{role}:{name}" for role in roles for name in facts.words.get(f"{role}:channels", ())]
    seen = [channel for channel in channels if _sketch(facts, f"{channel}:median").values]
    if not seen:
        raise refuse("the training cases", "hold no series with measurements", "Ask for another method.")
    return (
        Decision("inputs", roles, "the series of the training cases"),
        Decision("channels", seen, "the channels that were measured in a training case"),
    )


def _covariates(facts: Facts, budget: Budget, plan: Plan) -> tuple[Decision, ...]:
    channels = [_sketch(facts, f"{channel}:median") for channel in plan["channels"]]
    numbers, categories, words = [], [], []
    for name in facts.words.get("covariates", ()):
        known, sketch = facts.words.get(f"covariate:{name}", ()), _sketch(facts, f"covariate:{name}")
        if known or _are_codes(sketch):
            categories.append(name)
            words += [f"{name}={word}" for word in (*known, *(f"{v:g}" for v in sorted(set(sketch.values))))]
        elif sketch.values:
            numbers.append(name)
    why = f"cut {ROOM:g} times as far from the median as 98 % of the cases' medians reach, spread by their quartiles"
    return (
        Decision("channel_range", _ranges(channels), why),
        Decision("numbers", numbers, "the covariates that are numbers"),
        Decision("number_range", _ranges([_sketch(facts, f"covariate:{name}") for name in numbers]), why),
        Decision("categories", categories, f"the covariates that are words, or at most {CODES} whole numbers"),
        Decision("category_words", words, "those of the training cases"),
    )


def _sketch(facts: Facts, name: str) -> Sketch:
    return facts.sketches.get(name, Sketch())


def _are_codes(sketch: Sketch) -> bool:
    different = set(sketch.values)
    return 0 < len(different) <= min(CODES, len(sketch.values) // 4) and all(v == int(v) for v in different)


def _ranges(sketches: Sequence[Sketch]) -> list[float]:
    """Lowest, highest, middle and spread, each for all; numbers of four digits."""
    rows = [_range(sketch) for sketch in sketches]
    return [float(f"{row[column]:.4g}") for column in range(4) for row in rows]


def _range(sketch: Sketch) -> tuple[float, float, float, float]:
    if not sketch.values:
        return 0.0, 0.0, 0.0, 1.0
    middle = sketch.median
    spread = (sketch.quantile(0.75) - sketch.quantile(0.25)) / 1.349  # of a normal distribution: its deviation
    spread = spread or max(abs(middle), 1.0)
    low = min(middle - ROOM * (middle - sketch.quantile(0.01)), middle - ROOM * spread)
    high = max(middle + ROOM * (sketch.quantile(0.99) - middle), middle + ROOM * spread)
    return low, high, middle, spread


def _time(facts: Facts, budget: Budget, plan: Plan) -> tuple[Decision, ...]:
    ends = [_sketch(facts, f"{role}:end").quantile(0.95) * _unit(facts, role) for role in plan["inputs"]]
    hours = float(f"{max([end for end in ends if end > 0], default=1.0):.2g}")
    hours = max(hours, 0.001)
    return (
        Decision("hours", hours, "nineteen of twenty training series end by then"),
        Decision("step_hours", max(hours / BINS, 0.001), f"{BINS} steps (Che et al. 2018: two days by the hour)"),
    )


def _unit(facts: Facts, role: str) -> float:
    units = facts.words.get(f"{role}:unit", ("h",))
    if len(units) > 1 or units[0] not in HOURS:
        what = f"tell the time of {role} in {', '.join(units)}"
        raise refuse("the training cases", what, f"Give all of them in one of {', '.join(HOURS)}.")
    return HOURS[units[0]]


def _sizes(facts: Facts, budget: Budget, plan: Plan) -> tuple[Decision, ...]:
    most = max(FEWEST_STEPS, math.ceil(PASSES * facts.cases / BATCH))
    return (
        *balance_rule(facts, plan["kind"], plan["classes"]),
        Decision("hidden", 32, "about what the paper has on this kind of data (Che et al. 2018)"),
        Decision("dropout", 0.5, "as in the paper"),
        Decision("missed", 0.3, "others would have measured at other times: less is learnt by heart"),
        Decision("batch", BATCH, "rare classes are in every batch"),
        Decision("most_steps", most, f"{PASSES} passes over the training cases; more are learnt by heart"),
        Decision("steps", most, "as many as help, until the rehearsal says what the time allows"),
        Decision("timed", budget.seconds is not None, "minutes were given" if budget.seconds else "no minutes given"),
        Decision("validate_every", max(1, most // 10), "ten looks at the validation cases in a run"),
        Decision("learning_rate", 2e-3, "AdamW on small networks"),
        Decision("weight_decay", 5e-2, "small data is learnt by heart easily"),
    )
