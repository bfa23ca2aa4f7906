"""The same input twice: copies and near copies, in one case or in two."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.sight import Sight, contradict, cross_the_split, sight_of, twins_among
from hounsfield.audit.twins import Twins
from hounsfield.values import Case, Dataset, Fault

FEWEST_KNOWN = 8
"""Of rows of a table with fewer known values than this some are equal by chance."""

REPLACE = "Put the right file in the place of one of them."
JOIN = "Keep one of them, or give both cases the same patient, so that they stay in one part."


@dataclass(frozen=True)
class Duplicates:
    """The check. Copies across the split, and copies with opposite labels, are checks of their own."""

    name: str = "duplicates"

    def measure(self, case: OpenedCase) -> Sight:
        """What the inputs are known again by."""
        return sight_of(case)

    def judge(self, measured: Mapping[str, Sight], dataset: Dataset) -> Iterable[Fault]:
        """Each copy with its original, and rows of a table that are equal."""

        def wanted(a: Case, b: Case) -> bool:
            return not cross_the_split(a, b) and not contradict(measured[a.id], measured[b.id])

        for found in twins_among(measured, dataset, wanted):
            remedy = REPLACE if found.cases[0] == found.cases[1] else JOIN
            yield Fault(self.name, found.files, _what(found), remedy, found.sure, tuple(dict.fromkeys(found.cases)))
        yield from self._rows(dataset)

    def _rows(self, dataset: Dataset) -> Iterable[Fault]:
        """Cases without inputs whose covariates are all equal."""
        seen: dict[tuple[tuple[str, float | str | None], ...], Case] = {}
        for case in dataset:
            known = sum(value is not None for value in case.covariates.values())
            if case.inputs or known < FEWEST_KNOWN:
                continue
            first = seen.setdefault(tuple(sorted(case.covariates.items())), case)
            if first is not case:
                what = f"are rows with the same {known} values"
                where = f"{dataset.where}, cases {first.id} and {case.id}"
                yield Fault(
                    self.name, where, what, "Keep one of them if they are one person.", 0.7, (first.id, case.id)
                )


CHECK = Duplicates()


def _what(found: Twins) -> str:
    if not found.are_copies:
        return f"are nearly the same image (their details correlate by {found.sure:.2f})"
    return "are the same, in two roles of one case" if found.cases[0] == found.cases[1] else "are the same"
