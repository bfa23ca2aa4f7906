"""Files that list their cases class by class."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hounsfield.audit.diagnoses import Said, classes_of
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.wording import listed
from hounsfield.values import Dataset, Fault

FEWEST_RUNS = 10
"""Where so few changes of class are expected in a random order, order tells nothing."""

DEVIATIONS = 5.0  # how far below its expectation the number of changes must lie
SHARE = 0.5  # and below this share of it

REMEDY = "Never cut such a list into parts or batches as it stands: hounsfield shuffles, others may not."


@dataclass(frozen=True)
class SortedByClass:
    """The check. Folders have no order of their own, so only cases that share one file are looked at."""

    name: str = "sorted_by_class"

    def measure(self, case: OpenedCase) -> dict[str, Said] | None:
        """Truth -> class and file."""
        return classes_of(case) or None

    def judge(self, measured: Mapping[str, Mapping[str, Said]], dataset: Dataset) -> Iterable[Fault]:
        """Each file and part whose classes change far too seldom from case to case."""
        lists: dict[tuple[str, str, str], list[str]] = {}
        for case in dataset:
            for truth, said in measured.get(case.id, {}).items():
                lists.setdefault((truth, _file(said.where), case.split or ""), []).append(said.name)
        for (_, where, part), names in lists.items():
            runs, expected, deviation = runs_of(names)
            if expected < FEWEST_RUNS or runs > SHARE * expected or runs > expected - DEVIATIONS * deviation:
                continue
            cases = f"{part} cases" if part else "cases"
            if runs == len(set(names)):
                blocks = [f"{count} {name}" for name, count in Counter(names).items()]
                what, sure = f"lists its {len(names)} {cases} sorted by class: {listed(blocks)}", 1.0
            else:
                what = f"lists its {len(names)} {cases} nearly sorted by class: {runs} stretches, not {expected:.0f}"
                sure = 0.7
            yield Fault(self.name, where, what, REMEDY, sure)


CHECK = SortedByClass()


def runs_of(names: Sequence[str]) -> tuple[int, float, float]:
    """Stretches of equal names in a list; how many a random order has, and the standard deviation of that.

    Source: A. M. Mood, "The distribution theory of runs", Annals of Mathematical Statistics 11, 1940.
    """
    n = len(names)
    runs = 1 + sum(a != b for a, b in pairwise(names))
    counts = list(Counter(names).values())
    squares, cubes = sum(c**2 for c in counts), sum(c**3 for c in counts)
    expected = n + 1 - squares / n
    variance = (squares * (squares + n * (n + 1)) - 2 * n * cubes - n**3) / (n**2 * max(1, n - 1))
    return runs, expected, math.sqrt(max(0.0, variance))


def _file(where: str) -> str:
    """The file of `file::member[3]` and of `file, line 7`; what lies in a zip is a file of its own."""
    first, *inner = where.partition(", line ")[0].split("::")
    return "::".join([first, *inner[:1]]) if first.lower().endswith(".zip") else first
