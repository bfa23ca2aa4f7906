"""The manifest of a folder of answers: one line a case, appended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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

    def is_left(self, folder: Path) -> bool:
        """Whether any file of the answer is there, as it was written or not."""
        return any((folder / name).is_file() for name in self.answers)


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
    if not isinstance(line, dict) or not REQUIRED <= line.keys() <= FORMS.keys():
        return False
    return all(FORMS[name](value) for name, value in line.items())


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _are_texts(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_confidence(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, dict) and all(map(_is_number, value.values())))


def _are_alarms(value: Any) -> bool:
    return isinstance(value, list) and all(map(_is_text, value))


def _is_problem(value: Any) -> bool:
    return value is None or (_are_texts(value) and PROBLEM <= value.keys() <= Problem.__dataclass_fields__.keys())


FORMS: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(("id", "task", "package", "inputs", "where", "patient", "seen"), _is_text),
    "answers": _are_texts,
    "confidence": _is_confidence,
    "alarms": _are_alarms,
    "seconds": _is_number,
    "peak_bytes": lambda value: value is None or _is_number(value),
    "problem": _is_problem,
    "probabilities": lambda value: value is None or _is_text(value),
}
"""Field of an entry -> whether a value from a line can be one."""


def _entry(line: Mapping[str, Any]) -> Entry:
    return Entry(**{**line, "alarms": tuple(line.get("alarms", ()))})
