"""inspect: what is there, and which task it is for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.planning.fingerprint import fingerprint
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Facts, Problem
from hounsfield.verbs.data import open_dataset


@dataclass(frozen=True)
class Inspection:
    """What a folder holds: its cases, what they are like, and what is wrong with some."""

    dataset: Dataset
    facts: Facts
    problems: tuple[Problem, ...]

    def rows(self) -> list[tuple[str, str]]:
        """What there is to say, a word and a sentence each."""
        data, facts = self.dataset, self.facts
        patients = len({case.patient for case in data})
        parts = [f"{len(data.only(p))} {p}" for p in ("training", "validation", "test") if data.only(p)]
        rows = [
            ("folder", data.where),
            ("read as", f"{data.layout} ({data.why})"),
            ("for", f"{data.task or 'no task'}{f' ({data.task_why})' if data.task_why else ''}"),
            ("cases", f"{len(data)} of {patients} patients" + (f": {', '.join(parts)}" if parts else "")),
            ("inputs", ", ".join(facts.words.get("roles", ())) or "covariates only"),
        ]
        rows += [
            (what, _range(facts, key))
            for what, key in (("shape", "shape"), ("spacing", "spacing"))
            if f"{key}:0" in facts.sketches
        ]
        rows += [("covariates", ", ".join(facts.words["covariates"]))] if facts.words.get("covariates") else []
        labels = facts.words.get("labels") or facts.words.get("classes") or facts.words.get("points") or ()
        rows += (
            [
                (
                    "labels",
                    ", ".join(
                        f"{w} in {facts.counts.get('label:' + w.partition('=')[2], facts.counts.get('label:' + w, 0))}"
                        for w in labels
                    ),
                )
            ]
            if labels
            else []
        )
        rows += (
            [("unclaimed", f"{len(data.unclaimed)} files belong to no case: {', '.join(data.unclaimed[:4])}")]
            if data.unclaimed
            else []
        )
        return rows

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        return {
            "said": dict(self.rows()),
            "cases": [{"id": c.id, "patient": c.patient, "site": c.site, "split": c.split} for c in self.dataset],
            "facts": self.facts.to_json(),
            "problems": [problem.to_json() for problem in self.problems],
            "unclaimed": list(self.dataset.unclaimed),
        }

    def __repr__(self) -> str:
        return "\n".join(f"{what:>10}  {sentence}" for what, sentence in self.rows())


def _range(facts: Facts, key: str) -> str:
    """Each axis' median, with its range where it varies."""
    axes = list[str]()
    while f"{key}:{len(axes)}" in facts.sketches:
        sketch = facts.sketches[f"{key}:{len(axes)}"]
        low, high = sketch.values[0], sketch.values[-1]
        axes.append(f"{low:.4g}" if low == high else f"{sketch.median:.4g} ({low:.4g} to {high:.4g})")
    return " x ".join(axes)


def inspect(data: str | Path | Dataset, *, watch: Watcher = nobody, **opening: Any) -> Inspection:
    """What a folder holds, every case read once. Raises Refused where nothing could be read."""
    dataset = open_dataset(data, **opening)

    def looked(done: int, total: int) -> None:
        watch({"stage": "looking at the cases", "done": done, "total": total})

    facts, _, bad = fingerprint(dataset.cases, watch=looked)
    return Inspection(dataset, facts, (*dataset.problems, *bad))
