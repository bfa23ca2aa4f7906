"""What is said when something a person gave is wrong."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One fault: where it is, what is wrong, and what to do about it.

    case: the id of the one case that can not be used for it; empty where it is no single case's.
    """

    where: str
    what: str
    remedy: str
    case: str = ""

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.what}. {self.remedy}" if self.remedy else f"{where}{self.what}."

    def to_json(self) -> dict[str, str]:
        """Plain JSON of the fault."""
        said = {"where": self.where, "what": self.what, "remedy": self.remedy}
        return {**said, "case": self.case} if self.case else said


class Refused(Exception):  # noqa: N818 - a refusal is an answer, not an error of ours
    """Nothing was done, for the reasons given; a verb ends in one line for each."""

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def refuse(where: object, what: str, remedy: str = "") -> Refused:
    """The refusal to raise for a single fault: `raise refuse(path, "is empty", "Give ...")`."""
    return Refused(Problem(str(where), what, remedy))
