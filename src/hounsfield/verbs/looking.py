"""One look at every case before anything is learnt: which can be used, and what those to learn from are like."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache, partial

from hounsfield.layouts.splits import PARTS
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.training.track import Watcher
from hounsfield.values import Case, Dataset, Facts, Problem


@dataclass(frozen=True)
class Looked:
    """The cases of each part that can be used, the facts of those to learn from, and what is wrong with the others."""

    good: Mapping[str, tuple[Case, ...]]
    facts: Facts
    problems: tuple[Problem, ...]

    @property
    def bad(self) -> set[str]:
        """Ids of the cases that can not be used: each once, however much is wrong with it."""
        return {problem.case for problem in self.problems if problem.case}


def look(dataset: Dataset, watch: Watcher) -> Looked:
    """Read every case once, but for those of which the folder itself says that they can not be used.

    Test cases too: how many cases are bad is a question about all of them. Nothing else is kept of a test case.
    """
    unfit = {problem.case for problem in dataset.problems}
    parts = {part: [case for case in dataset.only(part) if case.id not in unfit] for part in PARTS}
    total, before = sum(map(len, parts.values())), 0

    def looked(before: int, done: int, _: int) -> None:
        watch({"stage": "looking at the cases", "done": before + done, "total": total})

    good, facts, problems = dict[str, tuple[Case, ...]](), dict[str, Facts](), list(dataset.problems)
    for part, cases in parts.items():
        facts[part], readable, bad = fingerprint(cases, watch=partial(looked, before))
        good[part] = tuple(map(_hashed_once, readable))
        problems += bad
        before += len(cases)
    return Looked(good, facts["training"], tuple(problems))


def _hashed_once(case: Case) -> Case:
    """The case with digests that are computed when they are first asked for, and then kept."""
    inputs = {role: replace(value, digest=cache(value.digest)) for role, value in case.inputs.items()}
    truths = {
        name: replace(truth, answer=replace(truth.answer, digest=cache(truth.answer.digest)))
        for name, truth in case.truths.items()
    }
    return replace(case, inputs=inputs, truths=truths)
