"""What lists name and a folder does not hold.

What a list names is a case, and a bad one where its image is not there. A part that is kept apart, such as the test
images of a challenge, may be absent as a whole: who left it out on purpose wants no line for each of its cases.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hounsfield.values import Problem

KEPT_APART = ("validation", "test")


@dataclass(frozen=True)
class Named:
    """What a list says of a case. part: what it belongs to that may be absent as a whole, in words; "" for nothing.

    missing: that nothing of the case is there; none where anything is.
    """

    part: str
    missing: tuple[Problem, ...] = ()


def kept_apart(part: str | None) -> str:
    """The part of the split, where it may be absent as a whole: nothing is learnt from it."""
    return part if part in KEPT_APART else ""


def absences(named: Iterable[Named]) -> tuple[list[Problem], tuple[str, ...]]:
    """The problems of the cases that are not there, and a note for each part of which nothing is.

    Where nothing at all is there, no part is said to be absent: then the lists are wrong, or the folder is.
    """
    entries = tuple(named)
    there = {one.part for one in entries if not one.missing}
    absent = {one.part for one in entries if one.part not in ("", *there)} if there else set[str]()
    problems = [problem for one in entries if one.part not in absent for problem in one.missing]
    return problems, tuple(_note(part, [one for one in entries if one.part == part]) for part in sorted(absent))


def _note(part: str, entries: list[Named]) -> str:
    cases = f"{len(entries)} case{'s' * (len(entries) != 1)}"
    return f"{entries[0].missing[0].where}: names {cases} of {part!r}, and nothing of that part is there"
