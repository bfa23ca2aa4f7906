"""What is said of the cases: the class of each, by the name of the truth."""

from __future__ import annotations

from typing import NamedTuple

from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Diagnosis


class Said(NamedTuple):
    """The class of a case, and the file that says so."""

    name: str
    where: str


def classes_of(case: OpenedCase) -> dict[str, Said]:
    """Truth -> class, of the diagnoses that name one class; those of several yes and no come as TRUTH:CLASS."""
    found: dict[str, Said] = {}
    for truth, diagnosis in case.truths(Diagnosis).items():
        where = case.where(truth)
        known = {name: p for name, p in diagnosis.probabilities.items() if p == p}
        if diagnosis.kind == "multi":
            found |= {f"{truth}:{name}": Said("yes" if p > 0.5 else "no", where) for name, p in known.items()}
        elif known:
            found[truth] = Said(diagnosis.likeliest, where)
    return found
