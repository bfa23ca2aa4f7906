"""compare: two models or two folders of answers on the same truth, patient by patient."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.evaluation.bootstrap import paired_difference
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Interval, Scores, refuse
from hounsfield.verbs.evaluate import evaluate, read_scores
from hounsfield.verbs.packages import load
from hounsfield.verbs.predict import predict


@dataclass(frozen=True)
class Comparison:
    """B - A for each metric and item, with an interval over patients; positive is not always better: see `better`."""

    differences: Mapping[str, Mapping[str, Interval]]
    better: Mapping[str, str]
    a: Scores
    b: Scores

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        differences = {m: {i: v.to_json() for i, v in items.items()} for m, items in self.differences.items()}
        return {"differences": differences, "better": dict(self.better), "a": self.a.to_json(), "b": self.b.to_json()}

    def __repr__(self) -> str:
        lines = [
            f"  {metric} {item}: {value} ({self.better[metric]} is better)"
            for metric, items in self.differences.items()
            for item, value in items.items()
        ]
        return "\n".join(["Comparison, B - A:", *lines])


def compare(
    a: str | Path, b: str | Path, truth: str | Path | Dataset | None = None, *, watch: Watcher = nobody, **opening: Any
) -> Comparison:
    """The paired difference B - A of two models or two folders of answers, on the cases that both were scored on.

    Without a truth, the scores that each carries are compared: a model's on its validation cases, a folder's from
    its last evaluation.
    """
    scores = [_scores(Path(place), truth, watch, opening) for place in (a, b)]
    return Comparison(differences(*scores), scores[0].better, scores[0], scores[1])


def _scores(place: Path, truth: str | Path | Dataset | None, watch: Watcher, opening: Mapping[str, Any]) -> Scores:
    is_model = (place / "package.json").exists()
    if truth is None:
        scores = load(place).scores if is_model else read_scores(place)
        if scores is None:
            raise refuse(place, "carries no scores", "Name the truth as a third argument.")
        return scores
    if not is_model:
        return evaluate(place, truth, watch=watch, **opening)
    with tempfile.TemporaryDirectory(prefix="hounsfield-compare-") as scratch:
        predict(place, truth, out=scratch, watch=watch, **opening)
        return evaluate(scratch, truth, watch=watch, **opening)


def differences(a: Scores, b: Scores) -> dict[str, dict[str, Interval]]:
    """B - A per metric and item, over the cases in which both are defined."""
    shared = [case for case in a.cases if case in b.cases]
    if not shared:
        raise refuse("compare", "found no case that both have answered", "Give answers to the same cases.")
    found: dict[str, dict[str, Interval]] = {}
    for metric in a.better:
        items = {item for case in shared for item in a.cases[case].get(metric, {})}
        for item in sorted(items):
            of_a, of_b = _values(a, shared, metric, item), _values(b, shared, metric, item)
            found.setdefault(metric, {})[item] = paired_difference(of_a, of_b, a.patients)
    return found


def _values(scores: Scores, cases: list[str], metric: str, item: str) -> dict[str, float | None]:
    return {case: scores.cases[case].get(metric, {}).get(item) for case in cases}
