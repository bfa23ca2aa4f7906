"""The same picture with opposite labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.sight import Sight, contradict, sight_of, twins_among
from hounsfield.values import Dataset, Fault

REMEDY = "Find out which label is right; until then leave both out."


@dataclass(frozen=True)
class Contradictions:
    """The check."""

    name: str = "contradictions"

    def measure(self, case: OpenedCase) -> Sight | None:
        """What the inputs are known again by, of the cases with a diagnosis."""
        sight = sight_of(case)
        return sight if sight.said else None

    def judge(self, measured: Mapping[str, Sight], dataset: Dataset) -> Iterable[Fault]:
        """Each such pair, with what is said of the one and of the other."""
        for found in twins_among(measured, dataset, lambda a, b: contradict(measured[a.id], measured[b.id])):
            first, second = (measured[case_id].said for case_id in found.cases)
            said = [f"{first[truth]} and {second[truth]}" for truth in first if second.get(truth) != first[truth]]
            same = "the same" if found.are_copies else "nearly the same"
            what = f"are {same}, and are said to be {', '.join(said)}"
            yield Fault(self.name, found.files, what, REMEDY, found.sure, found.cases)


CHECK = Contradictions()
