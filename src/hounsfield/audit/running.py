"""One look at every case for all checks, and what they find together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hounsfield.audit.check import Check
from hounsfield.audit.mending.mend import Mend, Mending, one_a_file
from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Case, Dataset, Fault, Problem, Refused


class Audit:
    """The measurements of the cases looked at so far: a few numbers of each, never the cases themselves."""

    def __init__(self, checks: Sequence[Check]) -> None:
        self._checks = tuple(checks)
        self._measured: dict[str, dict[str, Any]] = {check.name: {} for check in self._checks}
        self._refused: dict[Problem, str] = {}

    def look(self, case: Case) -> Case:
        """Measure a case; it is given back with all that was read still in memory."""
        opened = OpenedCase(case)
        for check in self._checks:
            try:
                measured = check.measure(opened)
            except Refused as refusal:
                for problem in refusal.problems:
                    self._refused.setdefault(problem, case.id)
                continue
            if measured is not None:
                self._measured[check.name][case.id] = measured
        return opened.case

    def faults(self, dataset: Dataset) -> tuple[Fault, ...]:
        """What the checks say of all measurements, the surest first; what could not be read comes as `unreadable`."""
        found = [
            Fault("unreadable", problem.where, problem.what, problem.remedy, cases=(case_id,))
            for problem, case_id in self._refused.items()
        ]
        for check in self._checks:
            found += check.judge(self._measured[check.name], dataset)
        return tuple(sorted(found, key=lambda fault: (-fault.sure, fault.check, fault.where)))

    def mends(self, dataset: Dataset, mendings: Mapping[str, Mending]) -> tuple[Mend, ...]:
        """What can be mended safely of what the checks found; `mendings` are by the names of the checks."""
        known = {name: mending for name, mending in mendings.items() if name in self._measured}
        return one_a_file(mend for name, mending in known.items() for mend in mending(self._measured[name], dataset))
