"""What a set of cases is like, in numbers that several sites can merge without showing a case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from hounsfield.values.wording import count


@dataclass(frozen=True)
class Sketch:
    """The distribution of one number over cases: all values seen, sorted. Merging two is pooling them, exactly.

    One number a case keeps it small: a thousand cases are eight kilobytes.
    """

    values: tuple[float, ...] = ()

    @staticmethod
    def of(values: ArrayLike) -> Sketch:
        """The sketch of these values; what is not finite is left out."""
        numbers = np.asarray(values, dtype=np.float64).reshape(-1)
        return Sketch(tuple(float(v) for v in np.sort(numbers[np.isfinite(numbers)])))

    def merge(self, other: Sketch) -> Sketch:
        """The sketch of both sets together."""
        return Sketch(tuple(sorted((*self.values, *other.values))))

    def quantile(self, q: float) -> float:
        """Quantile 0..1, linear between values; NaN where there are none."""
        return float(np.quantile(self.values, q)) if self.values else float("nan")

    @property
    def median(self) -> float:
        """The middle value."""
        return self.quantile(0.5)

    def __repr__(self) -> str:
        if not self.values:
            return "Sketch(nothing)"
        return f"Sketch({len(self.values)} values, {self.values[0]:.4g} .. {self.median:.4g} .. {self.values[-1]:.4g})"


@dataclass(frozen=True)
class Facts:
    """What a set of cases is like.

    counts: name -> how many (cases, "label:anterior" ...).  sums: name -> sum.
    sketches: name -> distribution over cases ("spacing:0", "shape:1", "image:p99" ...).
    words: name -> the set of words seen, sorted (roles, kinds, label values as "1=anterior", units).
    """

    counts: Mapping[str, int] = field(default_factory=dict)
    sums: Mapping[str, float] = field(default_factory=dict)
    sketches: Mapping[str, Sketch] = field(default_factory=dict)
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def merge(self, other: Facts) -> Facts:
        """Facts of both sets together; the same as facts of the pooled cases."""
        return Facts(
            counts={k: self.counts.get(k, 0) + other.counts.get(k, 0) for k in _union(self.counts, other.counts)},
            sums={k: self.sums.get(k, 0.0) + other.sums.get(k, 0.0) for k in _union(self.sums, other.sums)},
            sketches={
                k: self.sketches.get(k, Sketch()).merge(other.sketches.get(k, Sketch()))
                for k in _union(self.sketches, other.sketches)
            },
            words={
                k: tuple(sorted({*self.words.get(k, ()), *other.words.get(k, ())}))
                for k in _union(self.words, other.words)
            },
        )

    @staticmethod
    def merged(facts: Iterable[Facts]) -> Facts:
        """Facts of all sets together."""
        return reduce(Facts.merge, facts, Facts())

    @property
    def cases(self) -> int:
        """Number of cases."""
        return self.counts.get("cases", 0)

    def median(self, name: str) -> float:
        """Median over cases of a sketched number; NaN where nothing is known."""
        return self.sketches[name].median if name in self.sketches else float("nan")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of the facts; `from_json` gives equal facts back."""
        return {
            "counts": dict(self.counts),
            "sums": dict(self.sums),
            "sketches": {name: list(sketch.values) for name, sketch in self.sketches.items()},
            "words": {name: list(words) for name, words in self.words.items()},
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Facts:
        """The facts that were written by `to_json`."""
        return Facts(
            counts=data["counts"],
            sums=data["sums"],
            sketches={name: Sketch(tuple(values)) for name, values in data["sketches"].items()},
            words={name: tuple(words) for name, words in data["words"].items()},
        )

    def __repr__(self) -> str:
        return f"Facts({count(self.cases, 'case')}; {', '.join(sorted(self.words.get('roles', ())))})"


def _union(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    return sorted({*a, *b})
