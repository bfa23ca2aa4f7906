"""What inspect has found, and how it says so."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from hounsfield.audit.mending.mend import Mend, one_a_file
from hounsfield.values import Dataset, Facts, Fault, Problem
from hounsfield.values.wording import count
from hounsfield.verbs.mending import Mended


@dataclass(frozen=True)
class Inspection:
    """What a folder holds: its cases, what they are like, and what is wrong with some.

    problems: what keeps cases from being used.  faults: what looks wrong, the surest first.  mends: the safe changes
    that would end some.  also: the same of the other ways in which the folder can be read, for other tasks.  mended:
    the copy, where one was asked for.
    """

    dataset: Dataset
    facts: Facts
    problems: tuple[Problem, ...]
    faults: tuple[Fault, ...] = ()
    mends: tuple[Mend, ...] = ()
    also: tuple[Inspection, ...] = ()
    mended: Mended | None = None

    @property
    def is_clean(self) -> bool:
        """Whether nothing was found, in whatever way the folder is read."""
        return not self.problems and not self.faults and all(other.is_clean for other in self.also)

    @property
    def mendable(self) -> tuple[Mend, ...]:
        """The safe changes, in whatever way the folder is read."""
        return one_a_file([*self.mends, *(mend for other in self.also for mend in other.mends)])

    def newly_found(self) -> dict[str, tuple[Fault, ...]]:
        """Layout -> what looks wrong only when the folder is read in another way."""
        known = {(fault.where, fault.what) for fault in self.faults}
        found = {
            other.dataset.layout: tuple(fault for fault in other.faults if (fault.where, fault.what) not in known)
            for other in self.also
        }
        return {layout: faults for layout, faults in found.items() if faults}

    def rows(self) -> list[tuple[str, str]]:
        """What there is to say, a word and a sentence each."""
        data, facts = self.dataset, self.facts
        patients = count(len({name for case in data for name in case.bonds}), "patient")
        owners = f" of {patients}" if any(case.patients for case in data) else ", whose patients nothing names"
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
            ("cases", f"{len(data)}{owners}" + (f": {', '.join(parts)}" if parts else "")),
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
            "mendable": [{"file": str(m.file), "check": m.check, "what": m.what} for m in self.mendable],
            "mended": self.mended and self.mended.to_json(),
            "unclaimed": list(self.dataset.unclaimed),
            "notes": list(self.dataset.notes),
            "readings": [vars(reading) for reading in self.dataset.readings],
            "also": {other.dataset.layout: [fault.to_json() for fault in other.faults] for other in self.also},
        }

    def lines(self) -> list[str]:
        """The rows as they are printed."""
        return [f"{what:>10}  {sentence}" for what, sentence in self.rows()]

    def __repr__(self) -> str:
        return "\n".join(self.lines())


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
