"""Label files that hold floating-point numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Dataset, Fault

REMEDY = "Store labels as whole numbers; they are read rightly here, others may round or refuse them."
SURE = 0.3  # nothing is wrong as long as the values are whole, which reading has checked


@dataclass(frozen=True)
class LabelTypes:
    """The check."""

    name: str = "label_types"

    def measure(self, case: OpenedCase) -> list[tuple[str, str]]:
        """File and type of each label map that is stored in floating point."""
        found = []
        for name, labels in case.labels().items():
            stored = case.case.truths[name].answer.stored
            if stored is None or labels.grid.frame == "image":  # pictures hold whole numbers
                continue
            dtype = stored().source.dtype
            if dtype.kind == "f":
                found.append((case.where(name), str(dtype)))
        return found

    def judge(self, measured: Mapping[str, list[tuple[str, str]]], dataset: Dataset) -> Iterable[Fault]:
        """Each such file, or the set as a whole where most are."""
        odd = {case_id: files for case_id, files in measured.items() if files}
        if 2 * len(odd) > len(measured) > 1:
            what = f"has {len(odd)} of {len(measured)} cases whose labels are stored in floating point"
            yield Fault(self.name, dataset.where, what, REMEDY, sure=SURE)
            return
        for case_id, files in odd.items():
            for where, dtype in files:
                what = f"holds labels stored as {dtype}" + ", unlike the others" * (len(measured) > 1)
                yield Fault(self.name, where, what, REMEDY, sure=SURE, cases=(case_id,))


CHECK = LabelTypes()
