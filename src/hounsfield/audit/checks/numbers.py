"""Images with elements that are no numbers: NaN or infinite."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from hounsfield.audit.opened import OpenedCase
from hounsfield.values import Dataset, Fault


class Missing(NamedTuple):
    """What is not finite in an image."""

    where: str
    nans: int
    infinities: int
    elements: int


@dataclass(frozen=True)
class Numbers:
    """The check."""

    name: str = "numbers"

    def measure(self, case: OpenedCase) -> list[Missing]:
        """The counts for each image."""
        said = {role: case.summary(role) for role in case.images()}
        return [Missing(case.where(role), s.nans, s.infinities, s.elements) for role, s in said.items()]

    def judge(self, measured: Mapping[str, list[Missing]], dataset: Dataset) -> Iterable[Fault]:
        """Every image with such elements; less sure where most have them, as a filling outside of the body."""
        odd = [(case_id, one) for case_id, found in measured.items() for one in found if one.nans + one.infinities]
        is_usual = 2 * len({case_id for case_id, _ in odd}) > len(measured) > 1
        for case_id, one in odd:
            counts = [f"{n} {word}" for n, word in ((one.nans, "NaN"), (one.infinities, "infinite")) if n]
            share = (one.nans + one.infinities) / one.elements
            yield Fault(
                self.name,
                one.where,
                f"has {' and '.join(counts)} of {one.elements} elements ({100 * share:.2g} %)",
                "Export it again, or fill them; where images are normalised the median takes their place.",
                sure=0.5 if is_usual else 1.0,
                cases=(case_id,),
            )


CHECK = Numbers()
