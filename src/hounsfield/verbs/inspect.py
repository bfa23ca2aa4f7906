"""inspect: what is there, and which task it is for."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.planning.fingerprint import fingerprint
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Facts, Problem, Refused
from hounsfield.verbs.counting import count
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
        read = [("read", f"{facts.cases} of them")] if facts.cases < len(data) else []
        ranges = [(what, _range(facts, what)) for what in ("shape", "spacing") if f"{what}:0" in facts.sketches]
        said = [("covariates", ", ".join(facts.words.get("covariates", ()))), ("labels", _labels(facts))]
        said += [("unclaimed", _unclaimed(data)), ("noted", _noted(data))]
        return [
            ("folder", data.where),
            ("read as", f"{data.layout} ({data.why})"),
            ("for", f"{data.task or 'no task'}{f' ({data.task_why})' if data.task_why else ''}"),
            ("cases", f"{len(data)} of {count(patients, 'patient')}" + (f": {', '.join(parts)}" if parts else "")),
            *read,
            ("inputs", ", ".join(facts.words.get("roles", ())) or "covariates only"),
            *ranges,
            *((what, sentence) for what, sentence in said if sentence),
        ]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        return {
            "said": dict(self.rows()),
            "cases": [{"id": c.id, "patient": c.patient, "site": c.site, "split": c.split} for c in self.dataset],
            "facts": self.facts.to_json(),
            "problems": [problem.to_json() for problem in self.problems],
            "unclaimed": list(self.dataset.unclaimed),
            "notes": list(self.dataset.notes),
        }

    def __repr__(self) -> str:
        return "\n".join(f"{what:>10}  {sentence}" for what, sentence in self.rows())


def _labels(facts: Facts) -> str:
    """Each label, class or point with the number of cases it occurs in."""
    words = facts.words.get("labels") or facts.words.get("classes") or facts.words.get("points") or ()
    names = {word: word.partition("=")[2] if f"label:{word}" not in facts.counts else word for word in words}
    return ", ".join(f"{word} in {facts.counts.get(f'label:{name}', 0)}" for word, name in names.items())


def _unclaimed(data: Dataset) -> str:
    """The files that belong to no case, the first few by name."""
    files = data.unclaimed
    more = f" and {len(files) - 4} more" if len(files) > 4 else ""
    return f"{count(len(files), 'file')} of no case: {', '.join(files[:4])}{more}" if files else ""


def _noted(data: Dataset) -> str:
    """What the layout noticed, the first few sentences of it."""
    notes = data.notes
    return "; ".join(notes[:4]) + (f"; and {len(notes) - 4} more" if len(notes) > 4 else "")


def _range(facts: Facts, key: str) -> str:
    """Each axis' median, with its range where it varies."""
    axes = list[str]()
    while f"{key}:{len(axes)}" in facts.sketches:
        sketch = facts.sketches[f"{key}:{len(axes)}"]
        low, middle, high = (f"{value:.4g}" for value in (sketch.values[0], sketch.median, sketch.values[-1]))
        axes.append(middle if low == high else f"{middle} ({low} to {high})")
    return " x ".join(axes)


def inspect(data: str | Path | Dataset, *, watch: Watcher = nobody, **opening: Any) -> Inspection:
    """What a folder holds, every case read once. Raises Refused where nothing could be read."""
    dataset = open_dataset(data, **opening)

    def looked(done: int, total: int) -> None:
        watch({"stage": "looking at the cases", "done": done, "total": total})

    facts, good, bad = fingerprint(dataset.cases, watch=looked)
    if not good:
        raise Refused(bad)
    return Inspection(dataset, facts, (*dataset.problems, *bad))
