"""The manifest of a folder of answers: one line a case, appended."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import append_line, read_lines
from hounsfield.formats.files import sha256_of
from hounsfield.values import Problem

NAME = "manifest.jsonl"
REQUIRED = {"id", "task", "package", "inputs", "where"}
PROBLEM = {"where", "what", "remedy"}


@dataclass(frozen=True)
class Entry:
    """What was done for one case.

    inputs: digest of everything that was looked at.  answers: file (relative to the folder) -> sha256, the first
    being the one to read.  probabilities: how the maps among them are stored, where there are some.
    package: digest of the model.  seen: "training", "validation" or "no".
    """

    id: str
    task: str
    package: str
    inputs: str
    where: str
    answers: Mapping[str, str] = field(default_factory=dict)
    patient: str = ""
    seen: str = "no"
    confidence: Mapping[str, float] | str = "unknown"
    alarms: tuple[str, ...] = ()
    seconds: float = 0.0
    peak_bytes: int | None = None
    problem: Mapping[str, str] | None = None
    probabilities: str | None = None

    @property
    def refusal(self) -> Problem | None:
        """Why there is no answer, where there is none."""
        return None if self.problem is None else Problem(**self.problem)

    def is_done(self, folder: Path) -> bool:
        """Whether the answer's files are there as they were written."""
        files = [(folder / name, digest) for name, digest in self.answers.items()]
        return self.problem is None and all(file.is_file() and sha256_of(file) == digest for file, digest in files)


def add(folder: Path, entry: Entry) -> None:
    """Append one line to the folder's manifest, on disk before this returns."""
    data: dict[str, Any] = asdict(entry)
    append_line(folder / NAME, data)


def entries(folder: Path) -> dict[str, Entry] | None:
    """Case id -> its last entry; None where the folder has no manifest."""
    if not (folder / NAME).exists():
        return None
    return {line["id"]: _entry(line) for line in read_lines(folder / NAME) if _is_entry(line)}


def _is_entry(line: Any) -> bool:
    """Whether a line has the form of an entry; one that somebody has spoilt is passed over like one cut short."""
    if not isinstance(line, dict) or not REQUIRED <= line.keys() <= Entry.__dataclass_fields__.keys():
        return False
    answers, problem = line.get("answers", {}), line.get("problem")
    words = [line[name] for name in REQUIRED]
    words += [*answers, *answers.values()] if isinstance(answers, dict) else [None]
    words += [] if problem is None else list(problem.values()) if isinstance(problem, dict) else [None]
    if not all(isinstance(word, str) for word in words):
        return False
    return problem is None or PROBLEM <= problem.keys() <= Problem.__dataclass_fields__.keys()


def _entry(line: Mapping[str, Any]) -> Entry:
    return Entry(**{**line, "alarms": tuple(line.get("alarms", ()))})
