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


@dataclass(frozen=True)
class Entry:
    """What was done for one case.

    inputs: digest of everything that was looked at.  answers: file (relative to the folder) -> sha256, the first
    being the one to read.  package: digest of the model.  seen: "training", "validation" or "no".
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
    known = Entry.__dataclass_fields__
    found = {}
    for line in read_lines(folder / NAME):
        if isinstance(line, dict) and {"id", "task", "package", "inputs", "where"} <= line.keys() <= known.keys():
            found[line["id"]] = Entry(**{**line, "alarms": tuple(line.get("alarms", ()))})
    return found
