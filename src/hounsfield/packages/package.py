"""A trained model as a folder that can be checked: JSON, safetensors, hashes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from hounsfield.answers.arrays import read_arrays
from hounsfield.formats.files import reading
from hounsfield.packages.seen import Seen
from hounsfield.registry.tables import METHODS
from hounsfield.seam import Method, Trained
from hounsfield.values import Facts, Part, Plan, Problem, Scores, Setting, Source, State

SCHEMA = 2
IDENTITY = (
    "state.safetensors",
    "state.json",
    "facts.json",
    "plan.json",
    "seen.json",
    "validation.json",
    "calibration.json",
)


@dataclass(frozen=True)
class Package:
    """An opened package: everything in it was as declared."""

    folder: Path
    index: Mapping[str, Any]

    @property
    def digest(self) -> str:
        """The model's identity."""
        return str(self.index["digest"])

    @cached_property
    def plan(self) -> Plan:
        """What was decided."""
        return Plan.from_json(self._json("plan.json"))

    @cached_property
    def facts(self) -> Facts:
        """What the training cases were like."""
        return Facts.from_json(self._json("facts.json"))

    @cached_property
    def seen(self) -> Seen:
        """Which inputs and patients it has seen, in its stages and members too."""
        seen = Seen.from_json(self._json("seen.json"))
        for name in self.index["parts"]:
            seen = seen.and_also(self._inner(name).seen)
        return seen

    @cached_property
    def scores(self) -> Scores | None:
        """Scores on the validation cases, None where there were none."""
        data = self._json("validation.json")
        return None if data is None else Scores.from_json(data)

    @cached_property
    def measured(self) -> Mapping[str, Any]:
        """Seconds, bytes, dates, command."""
        return dict(self._json("measured.json"))

    @property
    def left_out(self) -> tuple[Problem, ...]:
        """What could not be used in training."""
        return tuple(Problem(**problem) for problem in self.measured.get("left_out", ()))

    @cached_property
    def state(self) -> State:
        """What it has learnt, stages and members included."""
        arrays, _ = read_arrays(self.folder / "state.safetensors")
        return State(arrays, self._json("state.json"), {name: self.part(name) for name in self.index["parts"]})

    def part(self, name: str) -> Part:
        """A stage or member, a package of its own."""
        return self._inner(name).as_part()

    def as_part(self) -> Part:
        """This model as a stage or member of another; it will be copied there to the byte."""
        return Part(self.plan, self.state, Source(str(self.folder), self.digest))

    def _inner(self, name: str) -> Package:
        place = self.index["parts"][name]
        return Package(self.folder / place, self._json(f"{place}/package.json"))

    @property
    def method(self) -> Method:
        """The method that made it and opens it."""
        found: Method = METHODS.load(self.plan.method)
        return found

    def open(self, setting: Setting | None = None) -> Trained:
        """The model in memory, ready to answer."""
        return self.method.open(self.plan, self.state, setting or Setting())

    def _json(self, name: str) -> Any:
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    def __repr__(self) -> str:
        scored = f", {self.scores!r}" if self.scores else ""
        return f"Package({self.plan.method} for {self.plan.task}, {self.digest[:12]}{scored}, {self.folder})"


def file_sha256(path: Path) -> str:
    """SHA-256 of a file's bytes."""
    with reading(path), open(path, "rb") as file:
        digest = sha256()
        while block := file.read(2**20):
            digest.update(block)
    return digest.hexdigest()


def identity(folder: Path, parts: Mapping[str, str]) -> str:
    """The digest of what a model is: state, facts, decisions, seen, validation, calibration, those of its parts."""
    told = sha256()
    for name in IDENTITY:
        told.update(f"{name} {file_sha256(folder / name)}\n".encode())
    for name, place in sorted(parts.items()):
        inner = json.loads((folder / place / "package.json").read_text(encoding="utf-8"))
        told.update(f"{name} {inner['digest']}\n".encode())
    return told.hexdigest()


def self_hash(index: Mapping[str, Any]) -> str:
    """The hash that package.json states of itself, over everything else in it."""
    rest = {key: value for key, value in index.items() if key != "sha256"}
    return sha256(json.dumps(rest, sort_keys=True).encode()).hexdigest()
