"""Files that are read rightly here and may be read otherwise elsewhere: as another kind, or at another place."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.wording import several
from hounsfield.layouts.lazies import doubts_of
from hounsfield.values import Dataset, Fault, Lazy, Problem, Refused

SURE = 0.4  # nothing is wrong as long as no other program has the files


@dataclass(frozen=True)
class Ambiguous:
    """The check."""

    name: str = "ambiguous"

    def measure(self, case: OpenedCase) -> list[Problem]:
        """What the formats of the case's files doubt; only headers are read."""
        values = [*case.case.inputs.values(), *(truth.answer for truth in case.case.truths.values())]
        return [doubt for value in values for doubt in _doubts(value)]

    def judge(self, measured: Mapping[str, list[Problem]], dataset: Dataset) -> Iterable[Fault]:
        """Each doubt; those of one kind in one sentence where most cases have them."""
        alike: dict[str, list[tuple[str, Problem]]] = {}
        for case_id, doubts in measured.items():
            for doubt in dict.fromkeys(doubts):
                alike.setdefault(doubt.remedy, []).append((case_id, doubt))
        for remedy, found in alike.items():
            ids = tuple(dict.fromkeys(case_id for case_id, _ in found))
            if 2 * len(ids) > len(measured) > 1:
                where = several([doubt.where for _, doubt in found])
                yield Fault(self.name, where, f"{found[0][1].what} (so the first of them)", remedy, SURE, ids)
                continue
            for case_id, doubt in found:
                yield Fault(self.name, doubt.where, doubt.what, remedy, SURE, (case_id,))


CHECK = Ambiguous()


def _doubts(value: Lazy[object]) -> Iterable[Problem]:
    for file in value.files:
        where = value.where if len(value.files) == 1 else f"{value.where}, {file.name}"
        try:
            yield from (replace(doubt, where=where) for doubt in doubts_of(file))
        except Refused:  # another check's business
            continue
