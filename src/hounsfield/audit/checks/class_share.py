"""Classes whose share is not the same in every part of the split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtrc

from hounsfield.audit.diagnoses import Said, classes_of
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.wording import percent
from hounsfield.values import Dataset, Fault

CHANCE = 1e-3  # such a difference would be seen by chance less often than this

EFFECT = 0.1
"""Cohen's w from which on a difference matters: "small" in J. Cohen, Statistical Power Analysis, 1988."""

REMEDY = "Draw the parts anew, by patient within each class; do not carry a threshold from one part to the other."


@dataclass(frozen=True)
class ClassShare:
    """The check."""

    name: str = "class_share"

    def measure(self, case: OpenedCase) -> dict[str, Said] | None:
        """Truth -> class, of the cases that have a part."""
        return None if case.case.split is None else classes_of(case) or None

    def judge(self, measured: Mapping[str, Mapping[str, Said]], dataset: Dataset) -> Iterable[Fault]:
        """Each diagnosis whose classes are spread unevenly, by a chi-square test and its effect size."""
        parts = {case.id: case.split for case in dataset}
        counts: dict[str, dict[str, Counter[str]]] = {}
        for case_id, found in measured.items():
            for truth, said in found.items():
                counts.setdefault(truth, {}).setdefault(str(parts[case_id]), Counter())[said.name] += 1
        for truth, by_part in counts.items():
            classes = sorted({name for count in by_part.values() for name in count})
            table = np.array([[count[name] for name in classes] for count in by_part.values()], np.float64)
            table, classes = _frequent(table, classes)
            if len(classes) < 2 or len(by_part) < 2:
                continue
            chance, effect = chi_square(table)
            if chance < CHANCE and effect >= EFFECT:
                what = f"has shares of {truth} that differ between the parts: {_shares(table, classes, list(by_part))}"
                yield Fault(self.name, dataset.where, what, REMEDY, sure=min(1.0, 0.6 + effect))


CHECK = ClassShare()


def _frequent(table: NDArray[np.float64], classes: list[str]) -> tuple[NDArray[np.float64], list[str]]:
    """Without the classes too rare for the test: one case at least is expected in each part."""
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    is_frequent = expected.min(axis=0) >= 1
    return table[:, is_frequent], [name for name, kept in zip(classes, is_frequent, strict=True) if kept]


def chi_square(table: NDArray[np.float64]) -> tuple[float, float]:
    """How often chance alone makes counts (parts, classes) so uneven, and Cohen's w."""
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    statistic = float(((table - expected) ** 2 / expected).sum())
    freedom = (table.shape[0] - 1) * (table.shape[1] - 1)
    return float(chdtrc(freedom, statistic)), float(np.sqrt(statistic / table.sum()))


def _shares(table: NDArray[np.float64], classes: list[str], parts: list[str]) -> str:
    """The class whose share differs most, part by part."""
    shares = table / table.sum(axis=1, keepdims=True)
    most = int(np.argmax(np.round(np.ptp(shares, axis=0), 9)))
    said = [f"{percent(share)} of {part}" for part, share in zip(parts, shares[:, most], strict=True)]
    return f"{classes[most]} is {', '.join(said)}"
