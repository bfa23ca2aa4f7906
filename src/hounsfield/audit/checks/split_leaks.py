"""What stands on both sides of the split: a copy of an input, or a patient."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.sight import Sight, cross_the_split, sight_of, twins_among
from hounsfield.audit.wording import listed
from hounsfield.values import Case, Dataset, Fault

KEEP_ONE = "Take one of them out of its part, or the score will be better than the truth."
KEEP_TOGETHER = "Keep all cases of a patient in one part, or the score will be better than the truth."


@dataclass(frozen=True)
class SplitLeaks:
    """The check."""

    name: str = "split_leaks"

    def measure(self, case: OpenedCase) -> Sight | None:
        """What the inputs are known again by, of the cases that have a part."""
        return None if case.case.split is None else sight_of(case)

    def judge(self, measured: Mapping[str, Sight], dataset: Dataset) -> Iterable[Fault]:
        """Each copy with its original in another part, and each patient in several parts."""
        parts = {case.id: case.split for case in dataset}
        for found in twins_among(measured, dataset, cross_the_split):
            a, b = (parts[case_id] for case_id in found.cases)
            same = "the same" if found.are_copies else "nearly the same"
            what = f"are {same}, one in {a} and one in {b}"
            yield Fault(self.name, found.files, what, KEEP_ONE, found.sure, found.cases)
        yield from self._patients(dataset)

    def _patients(self, dataset: Dataset) -> Iterable[Fault]:
        cases: dict[str, dict[str, list[Case]]] = {}
        for case in dataset:
            for name in case.bonds if case.split is not None else ():
                cases.setdefault(name, {}).setdefault(str(case.split), []).append(case)
        for patient, parts in cases.items():
            if len(parts) > 1:
                said = [f"{part} ({listed([case.id for case in found])})" for part, found in parts.items()]
                ids = tuple(case.id for found in parts.values() for case in found)
                what = f"has cases in {' and in '.join(said)}"
                yield Fault(self.name, f"{dataset.where}, patient {patient}", what, KEEP_TOGETHER, cases=ids)


CHECK = SplitLeaks()
