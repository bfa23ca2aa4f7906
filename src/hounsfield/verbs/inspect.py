"""inspect: what is there, which task it is for, and what is wrong with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import write_text
from hounsfield.audit.running import Audit
from hounsfield.formats.files import writing
from hounsfield.planning.fingerprint import fingerprint
from hounsfield.registry.tables import CHECKS
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Facts, Fault, Problem, Refused
from hounsfield.verbs.counting import count
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.inspection_page import inspection_page

WHEN_ASKED = frozenset({"privacy"})
"""Checks that are made only when they are asked for."""


@dataclass(frozen=True)
class Inspection:
    """What a folder holds: its cases, what they are like, and what is wrong with some.

    problems: what keeps cases from being used.  faults: what looks wrong, the surest first.
    """

    dataset: Dataset
    facts: Facts
    problems: tuple[Problem, ...]
    faults: tuple[Fault, ...] = ()

    def rows(self) -> list[tuple[str, str]]:
        """What there is to say, a word and a sentence each."""
        data, facts = self.dataset, self.facts
        patients = len({case.patient for case in data})
        parts = [f"{len(data.only(p))} {p}" for p in ("training", "validation", "test") if data.only(p)]
        read = [("read", f"{facts.cases} of them")] if facts.cases < len(data) else []
        ranges = [(what, _range(facts, what)) for what in ("shape", "spacing") if f"{what}:0" in facts.sketches]
        said = [
            ("covariates", ", ".join(facts.words.get("covariates", ()))),
            ("labels", _labels(facts)),
            ("unclaimed", _unclaimed(data)),
            ("noted", _noted(data)),
            ("faults", _faults(self.faults)),
        ]
        return [
            ("folder", data.where),
            ("read as", f"{data.layout} ({data.why})"),
            *_others(data),
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
            "faults": [fault.to_json() for fault in self.faults],
            "unclaimed": list(self.dataset.unclaimed),
            "notes": list(self.dataset.notes),
            "readings": [vars(reading) for reading in self.dataset.readings],
        }

    def __repr__(self) -> str:
        return "\n".join(f"{what:>10}  {sentence}" for what, sentence in self.rows())


def _others(data: Dataset) -> list[tuple[str, str]]:
    """The other ways in which the folder can be read, with how sure they are of it."""
    others = [reading for reading in data.readings if reading.layout != data.layout]
    said = [f"{r.layout}{f', for {r.task}' if r.task else ''}, {r.sure:.0%} sure ({r.why})" for r in others]
    return [("also as", "; ".join(said))] if said else []


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


def _faults(faults: Iterable[Fault]) -> str:
    """Each check that found something, with how often, the most frequent first."""
    found = Counter(fault.check for fault in faults)
    return ", ".join(f"{number} of {check}" for check, number in found.most_common())


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


def inspect(
    data: str | Path | Dataset,
    *,
    privacy: bool = False,
    html: str | Path | None = None,
    watch: Watcher = nobody,
    **opening: Any,
) -> Inspection:
    """What a folder holds and what is wrong with it, every case read once.

    privacy: look for identifiers in headers too.  html: a file for a page with pictures of the cases concerned.
    Raises Refused where nothing could be read.
    """
    dataset = open_dataset(data, **opening)

    def looked(done: int, total: int) -> None:
        watch({"stage": "looking at the cases", "done": done, "total": total})

    checks = [name for name in CHECKS.names() if privacy or name not in WHEN_ASKED]
    audit = Audit([CHECKS.load(name) for name in checks])
    facts, good, bad = fingerprint(dataset.cases, through=audit.look, watch=looked)
    if not good:
        raise Refused(bad)
    found = Inspection(dataset, facts, (*dataset.problems, *bad), audit.faults(dataset))
    if html is not None:
        page = inspection_page(dataset, found.rows(), found.faults)
        with writing(Path(html)):
            write_text(Path(html), page)
    return found
