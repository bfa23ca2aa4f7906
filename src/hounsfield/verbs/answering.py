"""One model answering case after case into one folder."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hounsfield.answers.manifest import Entry, add
from hounsfield.answers.names import ADDED, check_length
from hounsfield.answers.writing import files_aside
from hounsfield.confidence.alarms import alarms
from hounsfield.formats.files import NotWritten, leaves_its_folder, sha256_of
from hounsfield.packages.package import Package
from hounsfield.planning.fingerprint import facts_of_inputs
from hounsfield.seam import Trained
from hounsfield.training.memory import peak_bytes
from hounsfield.values import Case, Dense, Findings, Limits, Problem, Refused, refuse
from hounsfield.verbs.inputs import where

OUR_FAULTS = (ArithmeticError, LookupError, MemoryError, RuntimeError, TypeError, ValueError)


@dataclass
class Answering:
    """A package, opened, and the folder it answers into.

    before: what the folder's manifest says.  probabilities: how maps of them are stored beside the answers, if at all.
    """

    package: Package
    task: Any
    trained: Trained
    out: Path
    before: Mapping[str, Entry] = field(default_factory=dict)
    probabilities: str | None = None

    def answer(self, case: Case) -> Findings | None:
        """Answer a case: the answer's files, then its line of the manifest. None where both are there already.

        Raises Refused where it can not be answered, which is a line of the manifest too.
        """
        began, case = time.monotonic(), self._named_as_trained(case)
        if leaves_its_folder(case.id):
            raise refuse(case.id, "is no name that an answer's file can have", "Name the case otherwise.")
        digest, refusal = _digest(case)
        if self._is_done(case, digest):
            return None
        self._refuse_anothers_name(case, digest)
        try:
            if refusal is not None:
                raise refusal
            check_length(case.id, where=where(case), added=ADDED)
            found = facts_of_inputs(case)
            with files_aside(self.out) as folder:
                findings, files = self._said(case, folder / case.id)
                findings = replace(findings, alarms=(*findings.alarms, *alarms(found, self.package.facts)))
                entry = self._answered(case, digest, folder, files, findings, time.monotonic() - began)
                add(self.out, entry)  # where there is no room for the line, the earlier answer stays as it was
            self._clear_earlier(entry)
        except NotWritten:
            raise
        except (Refused, OSError, *OUR_FAULTS) as error:
            named = _refusal(error, case)
            add(self.out, replace(self._entry(case, digest), problem=named.problems[0].to_json()))
            raise named from None
        return findings

    def _said(self, case: Case, stem: Path) -> tuple[Findings, Sequence[Path]]:
        """What the model says of a case, and the files it is written to, the answer's before the maps."""
        if self.probabilities is None:
            findings = self.trained.answer(case, Limits())
            return findings, self.task.write(findings, stem, case)
        evidence = self.trained.evidence(case, Limits())
        if not isinstance(evidence, Dense):
            raise refuse(case.id, "gets no probabilities from this model, only answers", "Leave out --probabilities.")
        held = evidence.held()
        findings = self.task.combine([held])
        maps = self.task.write_evidence(held, stem, self.probabilities)
        return findings, [*self.task.write(findings, stem, case), *maps]

    def _named_as_trained(self, case: Case) -> Case:
        """The case with its only input under the only role that the model knows, whatever it was called."""
        roles = self.package.facts.words.get("roles", ())
        if len(roles) != 1 or len(case.inputs) != 1 or roles[0] in case.inputs:
            return case
        return replace(case, inputs={roles[0]: next(iter(case.inputs.values()))})

    def _is_done(self, case: Case, digest: str) -> bool:
        """Whether this model's answer to these inputs is there."""
        entry = self.before.get(case.id)
        if entry is None or (entry.package, entry.inputs) != (self.package.digest, digest):
            return False
        return self.probabilities in (None, entry.probabilities) and entry.is_done(self.out)

    def _refuse_anothers_name(self, case: Case, digest: str) -> None:
        """Raises Refused where the folder holds the answer to other files of the same name, or one for another task."""
        entry = self.before.get(case.id)
        if entry is not None and entry.task != self.task.name and entry.is_left(self.out):
            what = f"would take the place of the answer for {entry.task}"
            raise refuse(f"the answer to {where(case)}", what, "Give another --out.")
        if entry is None or entry.inputs == digest or entry.where == where(case) or not entry.is_done(self.out):
            return
        what = f"would be written over the answer to {entry.where}, which has the same name"
        raise refuse(f"the answer to {where(case)}", what, "Give another --out.")

    def _answered(
        self, case: Case, digest: str, folder: Path, files: Sequence[Path], findings: Findings, seconds: float
    ) -> Entry:
        return replace(
            self._entry(case, digest),
            answers={file.relative_to(folder).as_posix(): sha256_of(file) for file in files},
            confidence=dict(findings.confidence) or "unknown",
            alarms=findings.alarms,
            seconds=round(seconds, 3),
            peak_bytes=peak_bytes(),
            probabilities=self.probabilities,
        )

    def _clear_earlier(self, entry: Entry) -> None:
        """Delete the files of an earlier answer to the case that have no place in this one, such as maps."""
        earlier = self.before.get(entry.id)
        for name in () if earlier is None else earlier.answers.keys() - entry.answers.keys():
            if name.startswith(f"{entry.id}.") and not leaves_its_folder(name):  # somebody may have written that line
                with suppress(OSError):
                    (self.out / name).unlink()

    def _entry(self, case: Case, digest: str) -> Entry:
        seen = self.package.seen.of(digest, case.patients)
        return Entry(case.id, self.task.name, self.package.digest, digest, where(case), patient=case.patient, seen=seen)


def _digest(case: Case) -> tuple[str, Refused | None]:
    """The digest of a case's inputs; empty, with the reason, where they can not be read."""
    try:
        return case.digest_of_inputs(), None
    except Refused as refusal:
        return "", refusal


def _refusal(error: Exception, case: Case) -> Refused:
    """Why a case is not answered, naming its files. One odd case must not lose the rest, even by a fault of ours."""
    if isinstance(error, Refused):
        return Refused(_naming_files(problem, case) for problem in error.problems)
    if isinstance(error, OSError):
        what = f"can not be read ({error.strerror or error})"
        return refuse(error.filename or where(case), what, "Check that the disk or network folder is still there.")
    what = f"could not be answered, by a fault of hounsfield ({type(error).__name__}: {error})"
    return refuse(where(case), what, "Please report it.")


def _naming_files(problem: Problem, case: Case) -> Problem:
    """The problem, naming the case's files where it names the case."""
    return replace(problem, where=where(case)) if problem.where == case.id else problem
