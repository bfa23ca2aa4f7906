"""compare: two models or two folders of answers on the same truth, patient by patient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.evaluation.comparison import differences
from hounsfield.formats.files import scratch_folder
from hounsfield.packages.package import Package
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Case, Dataset, Interval, Problem, Refused, Scores, refuse
from hounsfield.values.wording import count
from hounsfield.verbs.beforehand import check_comparison
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.evaluate import read_scores
from hounsfield.verbs.packages import Openable, load
from hounsfield.verbs.predict import predict
from hounsfield.verbs.scored import score_answers


@dataclass(frozen=True)
class Comparison:
    """B - A for each metric and item, with an interval over patients; whether more is better, `better` says.

    cases: those that both were scored on; the differences are of these alone.
    """

    differences: Mapping[str, Mapping[str, Interval]]
    better: Mapping[str, str]
    a: Scores
    b: Scores
    cases: tuple[str, ...] = ()

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be answered or compared."""
        return tuple(dict.fromkeys((*self.a.problems, *self.b.problems)))

    @property
    def summary(self) -> str:
        """How many cases and patients were compared."""
        patients = {self.a.patients.get(case, case) for case in self.cases}
        said = f"B - A on {count(len(self.cases), 'case')} of {count(len(patients), 'patient')}"
        alone = len(self.a.cases.keys() ^ self.b.cases.keys())
        return said + (f"; {count(alone, 'case')} scored for one of them only" if alone else "")

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        differences = {m: {i: v.to_json() for i, v in items.items()} for m, items in self.differences.items()}
        said = {"differences": differences, "better": dict(self.better), "cases": list(self.cases)}
        return {**said, "a": self.a.to_json(), "b": self.b.to_json()}

    def __repr__(self) -> str:
        lines = [
            f"  {metric} {item}: {value} ({self.better[metric]} is better)"
            for metric, items in self.differences.items()
            for item, value in items.items()
        ]
        return "\n".join([f"Comparison, {self.summary}:", *lines])


def compare(
    a: Openable,
    b: Openable,
    truth: str | Path | Dataset | None = None,
    *,
    watch: Watcher = nobody,
    **opening: Any,
) -> Comparison:
    """The paired difference B - A of two models or two folders of answers, on the cases that both were scored on.

    Without a truth, the scores that each carries are compared: a model's on its validation cases, a folder's from
    its last evaluation. Models answer the cases of the truth that they have not seen.
    """
    check_comparison((a, b), truth, opening.get("layout"))
    of_a, of_b = (_scores(place, truth, watch, opening) for place in (a, b))
    shared = tuple(case for case in of_a.cases if case in of_b.cases)
    if not shared:
        raise refuse(
            f"{_name(a)} and {_name(b)}", "were scored on no case in common", "Name the truth as a third word."
        )
    found = differences(of_a, of_b, shared)
    if not found:
        raise refuse(
            f"{_name(a)} and {_name(b)}", "were scored by no metric in common", "Compare answers to one question."
        )
    return Comparison(found, of_a.better, of_a, of_b, shared)


def _scores(place: Openable, truth: str | Path | Dataset | None, watch: Watcher, opening: Mapping[str, Any]) -> Scores:
    is_model = not isinstance(place, (str, Path)) or (Path(place) / "package.json").exists()
    if truth is None:
        scores = load(place).scores if is_model else read_scores(Path(_name(place)))
        if scores is None:
            raise refuse(_name(place), "carries no scores", "Name the truth as a third word.")
        return scores
    if not is_model:
        return score_answers(_name(place), truth, watch=watch, **opening).scores
    package = load(place)
    with scratch_folder("compare") as scratch:
        answered = predict(package, _unseen(package, truth, opening), out=scratch, watch=watch, **opening)
        if answered.cut_short is not None:
            raise answered.cut_short
        return score_answers(scratch, truth, watch=watch, **opening).scores


def _unseen(package: Package, truth: str | Path | Dataset, opening: Mapping[str, Any]) -> Dataset:
    """The cases that a model has not seen. Raises Refused where there is none."""
    is_derived = opening.get("derive") is not None
    options = {name: value for name, value in opening.items() if name != "derive"}
    dataset = open_dataset(truth, task=None if is_derived else package.plan.task, **options)
    if is_derived:
        return dataset
    unseen = [case for case in dataset if not _has_seen(package, case)]
    if not unseen:
        raise refuse(dataset.where, f"holds no case that {package.folder} has not seen", "Name other cases.")
    return dataset.with_cases(unseen)


def _has_seen(package: Package, case: Case) -> bool:
    try:
        digest = case.digest_of_inputs()
    except Refused:  # what can not be read was not learnt from
        digest = ""
    return package.seen.of(digest, case.patients) != "no"


def _name(place: Openable) -> str:
    return str(place if isinstance(place, (str, Path)) else load(place).folder)
