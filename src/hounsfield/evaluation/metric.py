"""What a metric is: rows of a case, and one number from the rows of many cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from hounsfield.values import Case, Findings, Row, refuse

T = TypeVar("T")


@dataclass(frozen=True)
class Pooling:
    """A statistic of the defined rows: it is given their numbers as columns, `statistic(first (N,), second (N,), ...)`.

    A row whose first number is NaN is undefined and left out. None where no row is left, or where the statistic says
    None or NaN.
    """

    statistic: Callable[..., float | None]

    def __call__(self, rows: Sequence[Row]) -> float | None:
        """The value of these rows, all of one item."""
        return self.of_numbers(np.array([row.numbers for row in rows], dtype=np.float64)) if rows else None

    def of_numbers(self, numbers: NDArray[np.float64]) -> float | None:
        """The value of rows given as an array (N, how many numbers a row has)."""
        defined = numbers[~np.isnan(numbers[:, 0])]
        value = self.statistic(*defined.T) if len(defined) else None
        return None if value is None or np.isnan(value) else float(value)


def _mean(first: NDArray[np.float64], *_: NDArray[np.float64]) -> float:
    return float(first.mean())


mean_of_defined = Pooling(_mean)
"""The mean of the first numbers that are defined."""


@dataclass(frozen=True)
class Metric:
    """How answers are held against truths.

    of: what has a value of its own: each "structure" of a case (a label, a landmark), a "case", or only a "set" of
    cases (AUC, average precision).
    items: the rows of one case; its id and patient may be left out. No rows where the case has no such truth.
    pool: one number for one item from the rows of many cases; None is undefined.
    worst: what a case without an answer counts as; None where no value is the worst (distances) or where only a set
    has a value.
    guess: what guessing reaches.  nothing: the value of an item of which nothing was ever found. None: there is none.
    """

    name: str
    unit: str
    better: Literal["higher", "lower"]
    of: Literal["structure", "case", "set"]
    items: Callable[[Findings, Case], list[Row]]
    pool: Callable[[Sequence[Row]], float | None] = mean_of_defined
    worst: float | None = None
    guess: float | None = None
    nothing: float | None = None


def main_answer(findings: Findings, case: Case, kind: type[T]) -> T:
    """The main answer, which has to be of this kind. Refuses another kind, naming the case."""
    answer: Any = findings.main
    if not isinstance(answer, kind):
        what = f"the answer is a {type(answer).__name__}, and the truth is a {kind.__name__}"
        raise refuse(case.id, what, "Evaluate with answers of a model for the same task.")
    return answer
