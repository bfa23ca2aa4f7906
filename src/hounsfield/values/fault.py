"""What is said when something in the data looks wrong."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """Something in the data that looks wrong: which check found it, where, what, how sure it is, and what to do.

    where: the file, or files, or the case.  what: continues `where`, without a full stop.  remedy: a sentence.
    sure: 0 to 1.  cases: ids concerned; none where it is the set as a whole.  at: the index of the element to look at,
    in the image of the case; none where it is no single place.
    """

    check: str
    where: str
    what: str
    remedy: str
    sure: float = 1.0
    cases: tuple[str, ...] = ()
    at: tuple[int, ...] = ()

    def __str__(self) -> str:
        where = f"{self.where}: " if self.where else ""
        return f"{where}{self.what}. {self.remedy}" if self.remedy else f"{where}{self.what}."

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of the fault."""
        said = {
            "check": self.check,
            "where": self.where,
            "what": self.what,
            "remedy": self.remedy,
            "sure": round(self.sure, 3),
            "cases": list(self.cases),
        }
        return {**said, "at": list(self.at)} if self.at else said
