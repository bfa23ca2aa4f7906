"""Structures drawn in files of their own that cover the same voxels."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from hounsfield.audit.opened import OpenedCase
from hounsfield.layouts.structures import Structures
from hounsfield.values import Dataset, Fault

MUCH = 0.5
"""A structure that shares more of its voxels in most cases was meant to lie in the other."""

Shared = tuple[str, dict[tuple[str, str], tuple[int, float]]]
"""Where the masks are, and for each pair of structures the voxels they share, and their share of the smaller one."""


@dataclass(frozen=True)
class SharedVoxels:
    """The check."""

    name: str = "shared_voxels"

    def measure(self, case: OpenedCase) -> list[Shared]:
        """What the structures of each truth share."""
        return [
            (case.where(name), _pairs(labels))
            for name, labels in case.labels().items()
            if isinstance(labels, Structures)
        ]

    def judge(self, measured: Mapping[str, list[Shared]], dataset: Dataset) -> Iterable[Fault]:
        """Each case with such voxels, the largest pair by name; and pairs of which one lies in the other as a rule."""
        yield from self._nested(measured, dataset)
        for case_id, found in measured.items():
            for where, pairs in found:
                if pairs:
                    (first, second), (count, _) = max(pairs.items(), key=lambda item: item[1][0])
                    others = f", and some in {len(pairs) - 1} more pair{'s' * (len(pairs) > 2)}" * (len(pairs) > 1)
                    said = f"{count} voxel{'s' * (count > 1)} in both {first} and {second}{others}"
                    what = f"has {said}, which count as unknown"
                    remedy = "Give each voxel to one structure."
                    yield Fault(self.name, where, what, remedy, sure=0.9, cases=(case_id,))

    def _nested(self, measured: Mapping[str, list[Shared]], dataset: Dataset) -> Iterator[Fault]:
        shares: dict[tuple[str, str], list[float]] = {}
        for found in measured.values():
            for _, pairs in found:
                for pair, (_, share) in pairs.items():
                    shares.setdefault(pair, []).append(share)
        for (first, second), each in shares.items():
            many = sum(share > MUCH for share in each)
            if 2 * many > len(measured) > 1:
                what = f"has {first} and {second} mostly one in the other, in {many} of {len(measured)} cases"
                remedy = "Take the inner one out of the outer, else little of it is learnt: what both cover is unknown."
                yield Fault(self.name, dataset.where, what, remedy, sure=0.95)


CHECK = SharedVoxels()


def _pairs(labels: Structures) -> dict[tuple[str, str], tuple[int, float]]:
    return {pair: (count, count / min(labels.sizes[name] for name in pair)) for pair, count in labels.shared.items()}
