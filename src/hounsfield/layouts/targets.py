"""The question that is asked of a table: a column, or whether a column is above a value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from hounsfield.formats.table import Cell
from hounsfield.values import Diagnosis, Quantities, refuse

MOST_CLASSES = 10
"""A column of whole numbers with more different values than this is a quantity, not a class."""

NO_YES = ("no", "yes")


@dataclass(frozen=True)
class Target:
    """A column; with `above`, the question "is it more than this?"."""

    column: str
    above: float | None = None


def parse_target(text: str) -> Target:
    """The target that `COLUMN` or `COLUMN>VALUE` names."""
    match = re.fullmatch(r"(.+?)\s*>\s*([+-]?[\d.]+)", text.strip())
    return Target(match[1].strip(), float(match[2])) if match else Target(text.strip())


def truths_of(target: Target, values: Sequence[Cell], where: str) -> list[Diagnosis | Quantities | None]:
    """What is true of each row: a class, yes or no, or a quantity; None where the cell is empty.

    0 and 1 are no and yes; words, and up to MOST_CLASSES whole numbers, are classes; other numbers are quantities.
    """
    known = [value for value in values if value is not None]
    words = sorted({value for value in known if isinstance(value, str)})
    numbers = sorted({value for value in known if not isinstance(value, str)})
    if not known:
        raise refuse(where, f"has nothing in the column {target.column!r}", "Choose another --target.")
    if words and (numbers or target.above is not None):
        what = f"has the word {words[0]!r} in the column {target.column!r}, where numbers are needed"
        raise refuse(where, what, "Leave the cell empty where nothing is known, or choose another --target.")
    if len(words) > 5 * MOST_CLASSES:
        what = f"has {len(words)} different words in the column {target.column!r}: too many to be classes"
        raise refuse(where, what, "Choose another --target.")
    return [None if value is None else _truth(target, value, words, numbers) for value in values]


def task_of(truths: Sequence[Diagnosis | Quantities | None]) -> str:
    """The task that these truths are for."""
    return "regression" if any(isinstance(truth, Quantities) for truth in truths) else "diagnosis"


def _truth(target: Target, value: float | str, words: list[str], numbers: list[float]) -> Diagnosis | Quantities:
    if isinstance(value, str):
        return Diagnosis.certain(value, tuple(words))
    if target.above is not None:
        return Diagnosis.certain(NO_YES[value > target.above], NO_YES)
    if set(numbers) <= {0.0, 1.0}:
        return Diagnosis.certain(NO_YES[int(value)], NO_YES)
    if len(numbers) <= MOST_CLASSES and all(number.is_integer() for number in numbers):
        return Diagnosis.certain(str(int(value)), tuple(str(int(number)) for number in numbers))
    return Quantities({target.column: value})
