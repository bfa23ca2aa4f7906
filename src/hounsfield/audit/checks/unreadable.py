"""What could not be read, and what the folder lacks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Dataset, Fault, Image, LabelMap, Problem, Refused


@dataclass(frozen=True)
class Unreadable:
    """The check."""

    name: str = "unreadable"

    def measure(self, case: OpenedCase) -> None:
        """Nothing; all that can not be read is refused at once, file by file, to the last element."""
        problems: list[Problem] = []
        for role, value in case.case.inputs.items():
            try:
                if issubclass(value.kind, Image):
                    case.summary(role)
                else:
                    value.load()
            except Refused as refusal:
                problems += refusal.problems
        for name, truth in case.case.truths.items():
            try:
                # a label map that lies elsewhere than its image is another check's business
                if not issubclass(truth.answer.kind, LabelMap) or case.lies_on_its_image(name):
                    truth.answer.load()
            except Refused as refusal:
                problems += refusal.problems
        if problems:
            raise Refused(problems)

    def judge(self, measured: Mapping[str, Any], dataset: Dataset) -> Iterable[Fault]:
        """What the layout itself found missing."""
        for problem in dataset.problems:
            yield Fault(self.name, problem.where, problem.what, problem.remedy)


CHECK = Unreadable()
