"""predict: answers for files, folders or a training layout, case after case."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hounsfield.answers.manifest import Entry, add, entries
from hounsfield.confidence.alarms import alarms
from hounsfield.formats.files import sha256_of
from hounsfield.packages.package import Package
from hounsfield.planning.fingerprint import facts_of_inputs
from hounsfield.registry.tables import TASKS
from hounsfield.seam import Trained
from hounsfield.training.memory import peak_bytes
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Case, Dataset, Findings, Limits, Problem, Refused
from hounsfield.verbs.inputs import cases_of
from hounsfield.verbs.packages import load


@dataclass(frozen=True)
class Predicted:
    """What was answered: where, which cases, which were there already, and what could not be answered."""

    out: Path
    done: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    alarmed: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        said = {"out": str(self.out), "done": self.done, "there": self.there, "alarmed": self.alarmed}
        return {**said, "problems": [problem.to_json() for problem in self.problems]}

    def __repr__(self) -> str:
        return f"Predicted({len(self.done)} done, {len(self.there)} there, {len(self.problems)} problems, {self.out})"


@dataclass
class Answering:
    """One package answering case after case into one folder."""

    package: Package
    task: Any
    trained: Trained
    out: Path
    before: Mapping[str, Entry] = field(default_factory=dict)

    def is_done(self, case: Case, digest: str) -> bool:
        """Whether this model's answer to these inputs is there already."""
        entry = self.before.get(case.id)
        same = entry is not None and (entry.package, entry.inputs) == (self.package.digest, digest)
        return same and entry is not None and entry.is_done(self.out)

    def answer(self, case: Case, digest: str) -> Findings:
        """Answer a case, write the answer, then its line of the manifest."""
        began = time.monotonic()
        found = facts_of_inputs(case)
        findings = self.trained.answer(case, Limits())
        unlike = (*findings.alarms, *alarms(found, self.package.facts))
        files = self.task.write(findings, self.out / case.id, case)
        add(self.out, self._entry(case, digest, files, findings, unlike, time.monotonic() - began))
        return Findings(findings.main, findings.parts, findings.confidence, unlike)

    def _entry(
        self,
        case: Case,
        digest: str,
        files: Sequence[Path],
        findings: Findings,
        unlike: tuple[str, ...],
        seconds: float,
    ) -> Entry:
        return Entry(
            id=case.id,
            task=self.task.name,
            package=self.package.digest,
            inputs=digest,
            where=_where(case),
            answers={file.name: sha256_of(file) for file in files},
            patient=case.patient,
            seen=self.package.seen.of(digest),
            confidence=dict(findings.confidence) or "unknown",
            alarms=unlike,
            seconds=round(seconds, 3),
            peak_bytes=peak_bytes(),
        )

    def note_problem(self, case: Case, digest: str, refusal: Refused) -> None:
        """A line of the manifest for a case that could not be answered."""
        problem = refusal.problems[0].to_json()
        entry = Entry(
            case.id, self.task.name, self.package.digest, digest, _where(case), patient=case.patient, problem=problem
        )
        add(self.out, entry)


def predict(
    model: str | Path | Package,
    data: str | Path | Dataset | Sequence[str | Path],
    *,
    out: str | Path,
    inputs: Mapping[str, str | Path] | None = None,
    watch: Watcher = nobody,
    **opening: Any,
) -> Predicted:
    """Answer every case of the files and folders given and write answers and manifest to a folder.

    What this model has answered there already is passed over; a case that can not be answered is noted, and the rest
    goes on. inputs: role -> file, for one case of several inputs. Raises Refused where nothing can be done at all.
    """
    package, place = load(model), Path(out)
    cases, problems = cases_of(data, inputs or {}, package, opening)
    place.mkdir(parents=True, exist_ok=True)
    answering = Answering(package, TASKS.load(package.plan.task), package.open(), place, entries(place) or {})
    done, there, alarmed = list[str](), list[str](), list[str]()
    for number, case in enumerate(cases):
        watch({"stage": "answering", "done": number, "total": len(cases), "case": case.id})
        digest = ""
        try:
            digest = case.digest_of_inputs()
            if answering.is_done(case, digest):
                there.append(case.id)
                continue
            findings = answering.answer(case, digest)
            done.append(case.id)
            if findings.alarms:
                alarmed.append(case.id)
        except Refused as refusal:
            answering.note_problem(case, digest, refusal)
            problems.extend(refusal.problems)
    watch({"stage": "answering", "done": len(cases), "total": len(cases)})
    return Predicted(place, tuple(done), tuple(there), tuple(alarmed), tuple(problems))


def _where(case: Case) -> str:
    return ", ".join(value.where for value in case.inputs.values()) or case.id
