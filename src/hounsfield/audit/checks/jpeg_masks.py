"""Masks saved as JPEG, which blurs their edges."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hounsfield.audit.opened import OpenedCase
from hounsfield.formats.files import suffix_of
from hounsfield.values import Dataset, Fault, LabelMap

JPEG = (".jpeg", ".jpg")
CUT = "JPEG blurs edges, and the mask was cut in the middle between black and white"
REMEDY = "Take masks from before they became JPEG, if you can; edges may be off by an element."
SURE = 0.5


@dataclass(frozen=True)
class JpegMasks:
    """The check."""

    name: str = "jpeg_masks"

    def measure(self, case: OpenedCase) -> list[str]:
        """The files of label maps that are JPEG by their names; only names are looked at."""
        answers = [truth.answer for truth in case.case.truths.values() if issubclass(truth.answer.kind, LabelMap)]
        return [str(file) for answer in answers for file in answer.files if suffix_of(file) in JPEG]

    def judge(self, measured: Mapping[str, list[str]], dataset: Dataset) -> Iterable[Fault]:
        """Each such file, or the set as a whole where most cases have one."""
        odd = {case_id: files for case_id, files in measured.items() if files}
        if 2 * len(odd) > len(measured) > 1:
            what = f"has {len(odd)} of {len(measured)} cases whose masks are saved as JPEG: {CUT}"
            yield Fault(self.name, dataset.where, what, REMEDY, SURE)
            return
        for case_id, files in odd.items():
            for file in files:
                yield Fault(self.name, file, f"is a mask saved as JPEG: {CUT}", REMEDY, SURE, (case_id,))


CHECK = JpegMasks()
