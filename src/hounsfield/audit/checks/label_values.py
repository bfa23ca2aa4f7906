"""Label maps with values that do not belong there, without those that do, or with two of them exchanged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.relations import Labelled, fit_only_turned, labelled, relations
from hounsfield.audit.robust import FEWEST, NEARLY_ALL
from hounsfield.values import Dataset, Fault

RARE = 0.02
"""Where no value has a name, one that occurs in at most this share of the cases (or in one) is unexpected."""


@dataclass(frozen=True)
class LabelValues:
    """The check."""

    name: str = "label_values"

    def measure(self, case: OpenedCase) -> dict[str, Labelled]:
        """Truth -> what it holds."""
        return case.once(labelled)

    def judge(self, measured: Mapping[str, Mapping[str, Labelled]], dataset: Dataset) -> Iterable[Fault]:
        """What is odd among the label maps of each name."""
        for truth in sorted({name for found in measured.values() for name in found}):
            maps = {case_id: found[truth] for case_id, found in measured.items() if truth in found}
            filled = {case_id: one for case_id, one in maps.items() if one.volumes}
            names = {value: word for one in maps.values() for value, word in one.names.items()}
            yield from self._empty(maps, filled)
            yield from self._unexpected(filled, names, dataset)
            yield from self._missing(filled, names)
            yield from self._exchanged(filled, names)

    def _empty(self, maps: Mapping[str, Labelled], filled: Mapping[str, Labelled]) -> Iterator[Fault]:
        if len(maps) < FEWEST or len(maps) - len(filled) > _few(len(maps)):
            return
        for case_id in maps.keys() - filled.keys():
            what = f"is empty, {len(filled)} of {len(maps)} label maps are not"
            remedy = "Draw what is there, or take the case out where nobody looked."
            yield Fault(self.name, maps[case_id].where, what, remedy, sure=len(filled) / len(maps), cases=(case_id,))

    def _unexpected(self, maps: Mapping[str, Labelled], names: Mapping[int, str], dataset: Dataset) -> Iterator[Fault]:
        counts = Counter(value for one in maps.values() for value in one.volumes)
        if names:
            odd = counts.keys() - names.keys()
        else:
            few = max(1, int(RARE * len(maps)))
            odd = {value for value, count in counts.items() if count <= few and len(maps) >= 2 * FEWEST}
        usual = {value for value in odd if 2 * counts[value] > len(maps) > 1}
        sure = 0.95 if names else 0.5
        if usual:
            what = f"has label maps with {_listed(sorted(usual))}, which has no name among {_listed(sorted(names))}"
            yield Fault(self.name, dataset.where, what, "Name it where the labels are named.", sure=sure)
        for case_id, one in maps.items():
            strange = sorted(one.volumes.keys() & (odd - usual))
            if strange:
                what = f"holds {_listed(strange)}, which no label has"
                remedy = "Correct the label map, or name the value where the labels are named."
                yield Fault(self.name, one.where, what, remedy, sure=sure, cases=(case_id,))

    def _missing(self, maps: Mapping[str, Labelled], names: Mapping[int, str]) -> Iterator[Fault]:
        counts = Counter(value for one in maps.values() for value in one.volumes)
        for value, count in sorted(counts.items()):
            if count >= len(maps) or len(maps) <= FEWEST or len(maps) - count > _few(len(maps)):
                continue
            for case_id, one in maps.items():
                if value not in one.volumes:
                    what = f"lacks {_named(value, names)}, which {count} of the other {len(maps) - 1} label maps have"
                    remedy = "Draw it, or say that it is unknown here (an ignore value)."
                    yield Fault(self.name, one.where, what, remedy, sure=0.7, cases=(case_id,))

    def _exchanged(self, maps: Mapping[str, Labelled], names: Mapping[int, str]) -> Iterator[Fault]:
        for pair in relations(maps):
            signs = [-1] * pair.numbers.shape[1]  # sizes and places change together
            for number in np.flatnonzero(fit_only_turned(pair.numbers, signs)):
                what = f"seems to have {_named(pair.a, names)} and {_named(pair.b, names)} exchanged"
                remedy = "Exchange the two values: size and place of each are those of the other."
                case_id = pair.ids[int(number)]
                yield Fault(self.name, maps[case_id].where, what, remedy, sure=0.9, cases=(case_id,))


CHECK = LabelValues()


def _few(maps: int) -> int:
    """How many of so many label maps may lack what all others have before it is no oddity any more."""
    return max(1, int((1 - NEARLY_ALL) * maps + 1e-9))


def _named(value: int, names: Mapping[int, str]) -> str:
    return f"{value} ({names[value]})" if value in names else f"label {value}"


def _listed(values: list[int]) -> str:
    first = ", ".join(map(str, values[:5]))
    return f"the value{'s' * (len(values) > 1)} {first}" + (f" and {len(values) - 5} more" if len(values) > 5 else "")
