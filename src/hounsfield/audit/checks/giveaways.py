"""Columns that give the outcome away: known only afterwards, or telling it almost without fail."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.diagnoses import classes_of
from hounsfield.audit.opened import OpenedCase
from hounsfield.evaluation.diagnosis import auc
from hounsfield.values import Dataset, Fault
from hounsfield.values.wording import count

TELLING = 0.98  # area under the curve
FEWEST, FEWEST_OF_CLASS = 30, 8  # cases with a value
ROWS_PER_WORD = 5  # a column with more different words than this is a list of names

OUTCOME = re.compile(
    r"(^|_)(outcome|deaths?|died|dead|deceased|expired|mortality|survival|survived|discharged?|los|stay|prognosis|"
    r"diagnosis|recurrence|relapse)(_|$)"
)

IGNORE = "Leave it out with --ignore, unless it is known when the question is asked."
AFTERWARDS = "They are no inputs here; keep them out elsewhere too."

Value = float | str | None


class Told(NamedTuple):
    """The class by the name of each diagnosis, and what else is known of a case."""

    classes: dict[str, str]
    covariates: dict[str, Value]


@dataclass(frozen=True)
class Giveaways:
    """The check."""

    name: str = "giveaways"

    def measure(self, case: OpenedCase) -> Told | None:
        """The classes and the covariates, the site among them."""
        covariates = {**case.case.covariates, **({"site": case.case.site} if case.case.site else {})}
        if not covariates or not case.case.truths:
            return None
        return Told({truth: said.name for truth, said in classes_of(case).items()}, covariates)

    def judge(self, measured: Mapping[str, Told], dataset: Dataset) -> Iterable[Fault]:
        """Outcomes that the layout left out, columns named like one, and columns that tell the class."""
        left_out: dict[str, list[str]] = {}
        for aside in dataset.set_aside:
            if aside.value is None:
                left_out.setdefault(aside.where, []).append(aside.column)
        for where, columns in left_out.items():
            what = f"has {count(len(columns), 'column')} known only afterwards: {', '.join(columns)}"
            yield Fault(self.name, where, what, AFTERWARDS)
        for column in dict.fromkeys(name for told in measured.values() for name in told.covariates):
            where = f"{dataset.where}, {column}"
            telling = self._telling(column, list(measured.values()))
            if telling:
                yield Fault(self.name, where, telling, IGNORE, sure=0.9)
            elif OUTCOME.search(_words(column)):
                yield Fault(self.name, where, "is an outcome by its name, and would be an input", IGNORE, sure=0.6)

    def _telling(self, column: str, told: list[Told]) -> str:
        """What a column tells of a class almost without fail; nothing where it does not."""
        for truth in dict.fromkeys(name for one in told for name in one.classes):
            pairs = [(one.covariates.get(column), one.classes[truth]) for one in told if truth in one.classes]
            for name in sorted({name for _, name in pairs}):
                is_it = np.array([said == name for _, said in pairs])
                area = separation([value for value, _ in pairs], is_it)
                if area >= TELLING:
                    return f"tells whether {truth} is {name} by itself (area under the curve {area:.3f})"
        return ""


CHECK = Giveaways()


def separation(values: list[Value], is_it: NDArray[np.bool_]) -> float:
    """How well a column alone tells yes from no: the area under its curve, at least 0.5; 0 where too little is known.

    Numbers are judged where they are known, words by the share of yes among the cases that have them; that a value is
    known at all may tell the answer too.
    """
    known = np.array([value is not None for value in values])
    numbers = all(isinstance(value, (int, float)) for value in values if value is not None)
    areas = [_area(known.astype(np.float64), is_it)]
    if numbers:
        areas.append(_area(np.array([float(v) for v in values if isinstance(v, (int, float))]), is_it[known]))
    elif len(set(values)) * ROWS_PER_WORD <= len(values):
        areas.append(_area(_shares(values, is_it), is_it))
    return max(areas)


def _area(scores: NDArray[np.float64], is_it: NDArray[np.bool_]) -> float:
    yes, no = int(is_it.sum()), int((~is_it).sum())
    if yes + no < FEWEST or min(yes, no) < FEWEST_OF_CLASS:
        return 0.0
    area = auc(scores, is_it.astype(np.float64)) or 0.0
    return max(area, 1 - area)


def _shares(values: list[Value], is_it: NDArray[np.bool_]) -> NDArray[np.float64]:
    """For each case the share of yes among the cases with its word."""
    _, which = np.unique([str(value) for value in values], return_inverse=True)
    return (np.bincount(which, is_it) / np.bincount(which))[which]


def _words(column: str) -> str:
    """`LengthOfStay` and `length-of-stay` as length_of_stay."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column).lower())
