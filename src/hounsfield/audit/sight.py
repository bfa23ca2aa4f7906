"""What is remembered of a case to know it again, and to see whether two that show the same are said to be the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from hounsfield.audit.diagnoses import classes_of
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.twins import Look, Twins, Wanted, looks_of, twins
from hounsfield.values import Case, Dataset


class Sight(NamedTuple):
    """The looks of a case's inputs by role, and its class by the name of each diagnosis."""

    looks: dict[str, Look]
    said: dict[str, str]


def sight_of(case: OpenedCase) -> Sight:
    """What is remembered of a case; the same for all checks that ask."""
    return case.once(_look)


def _look(case: OpenedCase) -> Sight:
    return Sight(looks_of(case), {truth: said.name for truth, said in classes_of(case).items()})


def twins_among(sights: Mapping[str, Sight], dataset: Dataset, wanted: Wanted) -> Iterator[Twins]:
    """Each input with the first one that shows the same, where the two cases are `wanted`."""
    return twins({case_id: sight.looks for case_id, sight in sights.items()}, dataset, wanted)


def contradict(a: Sight, b: Sight) -> bool:
    """Whether different classes are named by the same diagnosis."""
    return any(b.said.get(truth, said) != said for truth, said in a.said.items())


def cross_the_split(a: Case, b: Case) -> bool:
    """Whether two cases lie in different parts."""
    return a.split is not None and b.split is not None and a.split != b.split
