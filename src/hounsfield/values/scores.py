"""How good it was: rows of measurements, values with intervals."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hounsfield.values.problem import Problem
from hounsfield.values.wording import count


@dataclass(frozen=True)
class Row:
    """One measurement of one item (a structure, a class, a landmark) of one case.

    numbers: what the metric's pooling needs: a single value for a metric of structures, (score, hit) for a box,
    (probability, truth) for a diagnosis.  An undefined measurement is a NaN in the first place.
    """

    item: str
    numbers: tuple[float, ...]
    case: str = ""
    patient: str = ""


@dataclass(frozen=True)
class Interval:
    """A value with its 95 % interval; n measurements, `undefined` of them without a value. None is "undefined"."""

    value: float | None
    low: float | None = None
    high: float | None = None
    n: int = 0
    undefined: int = 0

    def __str__(self) -> str:
        if self.value is None:
            return "undefined"
        span = "" if self.low is None or self.high is None else f" [{self.low:.3f}, {self.high:.3f}]"
        return f"{self.value:.3f}{span}"

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of the interval."""
        return dict(vars(self))


@dataclass(frozen=True)
class Scores:
    """Scores of a set of cases.

    sets: metric -> item -> Interval over patients.  cases: case -> metric -> item -> value (None: undefined).
    first: the metric that decides.  better: metric -> "higher" | "lower".  problems: cases without an answer.
    patients: case -> its patient, or one name for all whose cases hang together: what intervals draw as one.
    """

    sets: Mapping[str, Mapping[str, Interval]]
    cases: Mapping[str, Mapping[str, Mapping[str, float | None]]]
    first: str
    better: Mapping[str, str]
    units: Mapping[str, str] = field(default_factory=dict)
    patients: Mapping[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def ranked_by(self) -> str:
        """The metric that cases are ranked by: the first that has values of single cases, be it the deciding one."""
        single = {metric for metrics in self.cases.values() for metric, items in metrics.items() if items}
        return self.first if self.first in single else next((m for m in self.better if m in single), self.first)

    def without_names(self) -> Scores:
        """The same scores, the patients who have a name numbered instead: who belongs together is all that counts."""
        names = [patient for case, patient in self.patients.items() if patient != case]
        numbers = {name: f"patient {n}" for n, name in enumerate(dict.fromkeys(names), start=1)}
        return replace(self, patients={case: numbers.get(name, name) for case, name in self.patients.items()})

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of the scores; `from_json` gives equal scores back."""
        return {
            "first": self.first,
            "better": dict(self.better),
            "units": dict(self.units),
            "sets": {m: {i: v.to_json() for i, v in items.items()} for m, items in self.sets.items()},
            "cases": {c: {m: dict(items) for m, items in metrics.items()} for c, metrics in self.cases.items()},
            "patients": dict(self.patients),
            "problems": [problem.to_json() for problem in self.problems],
            "notes": list(self.notes),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Scores:
        """The scores that were written by `to_json`."""
        return Scores(
            sets={m: {i: Interval(**v) for i, v in items.items()} for m, items in data["sets"].items()},
            cases=data["cases"],
            first=data["first"],
            better=data["better"],
            units=data["units"],
            patients=data["patients"],
            problems=tuple(Problem(**p) for p in data["problems"]),
            notes=tuple(data["notes"]),
        )

    def __repr__(self) -> str:
        items = ", ".join(f"{item} {value}" for item, value in self.sets.get(self.first, {}).items())
        return f"Scores({self.first}: {items}; {count(len(self.cases), 'case')})"
