"""How good a state is on the validation cases, while it is being learnt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from hounsfield.evaluation.scoring import score
from hounsfield.registry.tables import TASKS
from hounsfield.training.repeating import Repeats
from hounsfield.values import Case, Limits, Plan, Setting, State

LOOKED_AT = 16  # validation cases at most that a look takes in; the score of the package is of all of them
LOOKED_AT_OF_SETS = 256  # where only a set of cases has a score: of a few it is chance, or undefined


@dataclass(frozen=True)
class ValidationScore:
    """shown: the task's first metric, over all items.  merit: the same, higher being better."""

    shown: float
    merit: float


def looked_at(plan: Plan, cases: Sequence[Case]) -> list[Case]:
    """The validation cases that a look takes in: evenly spread, since neighbours may be alike."""
    most = LOOKED_AT_OF_SETS if TASKS.load(plan.task).metrics[0].of == "set" else LOOKED_AT
    count = min(most, len(cases))
    return [cases[number * len(cases) // count] for number in range(count)]


def validation_score(
    method: Repeats, plan: Plan, state: State, cases: Sequence[Case], setting: Setting
) -> ValidationScore | None:
    """The task's first metric on these cases, the mean of its items; None where it is undefined.

    Raises Refused where a case can not be answered, or is not there any more.
    """
    metric = TASKS.load(plan.task).metrics[0]
    trained = method.open(plan, state, setting)
    looked = looked_at(plan, cases)
    scores = score((metric,), [(trained.answer(case, Limits()), case) for case in looked], resamples=0)
    if scores.problems:
        refuse_vanished(looked)
    items = scores.sets[metric.name]
    values = [interval.value for interval in items.values() if interval.value is not None]
    if not values:
        return None
    shown = sum(values) / len(values)
    return ValidationScore(shown, shown if metric.better == "higher" else -shown)


def refuse_vanished(cases: Iterable[Case]) -> None:
    """Raises Refused where cases that could be read before can not any more, as when a network is gone."""
    for case in cases:
        for value in (*case.inputs.values(), *(truth.answer for truth in case.truths.values())):
            value.load()
