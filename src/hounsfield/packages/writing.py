"""Writing a package: filled beside its place, checked, and moved there by one rename."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hounsfield.answers.arrays import write_arrays
from hounsfield.answers.writing import folder_aside, write_json, write_text
from hounsfield.formats.files import writing
from hounsfield.packages.card import card_text
from hounsfield.packages.opening import open_package
from hounsfield.packages.package import SCHEMA, Package, file_sha256, identity, self_hash
from hounsfield.packages.seen import Seen
from hounsfield.values import Facts, Part, Plan, Scores, Source, State, refuse


@dataclass(frozen=True)
class Contents:
    """What goes into a package."""

    plan: Plan
    state: State
    facts: Facts
    seen: Seen = field(default_factory=Seen)
    scores: Scores | None = None
    measured: Mapping[str, Any] = field(default_factory=dict)
    report: str | None = None


def write_package(place: Path, contents: Contents) -> Package:
    """Write a package as a whole or not at all. Raises Refused where something is there already."""
    if place.exists():
        raise refuse(place, "is there already", "Give another --out, or move it away.")
    with writing(place):
        place.parent.mkdir(parents=True, exist_ok=True)
    with folder_aside(place) as folder:
        _fill(folder, contents)
    return open_package(place)


def _fill(folder: Path, contents: Contents) -> None:
    write_arrays(folder / "state.safetensors", contents.state.arrays)
    write_json(folder / "state.json", contents.state.facts)
    write_json(folder / "plan.json", _as_learnt(contents).to_json())
    write_json(folder / "facts.json", contents.facts.to_json())
    write_json(folder / "seen.json", contents.seen.to_json())
    write_json(folder / "validation.json", contents.scores.to_json() if contents.scores else None)
    write_json(folder / "calibration.json", None)
    write_json(folder / "measured.json", contents.measured)
    write_text(folder / "card.md", card_text(contents.plan, contents.facts, contents.scores))
    if contents.report is not None:
        write_text(folder / "report.html", contents.report)
    parts = {name: _write_part(folder, name, part, contents) for name, part in contents.state.parts.items()}
    _index(folder, contents, parts)


def _as_learnt(contents: Contents) -> Plan:
    """The plan, its parts as they were learnt: one may come from elsewhere, or have been given its steps late."""
    learnt = contents.state.parts
    parts = {name: learnt[name].plan if name in learnt else own for name, own in contents.plan.parts.items()}
    return replace(contents.plan, parts=parts)


def _write_part(folder: Path, name: str, part: Part, contents: Contents) -> str:
    """A nested package; one that was opened from a package is copied to the byte. Its place, relative to the folder."""
    place = f"parts/{name}"
    if part.source is not None:
        _copy(part.source, folder / place)
        return place
    (folder / place).mkdir(parents=True)
    _fill(folder / place, Contents(part.plan, part.state, contents.facts, contents.seen))
    return place


def _copy(source: Source, place: Path) -> None:
    """The files of a package, byte for byte, but not the permissions: it may be read-only where it is."""
    package = open_package(Path(source.folder))
    if package.digest != source.digest:
        raise refuse(source.folder, "was changed since it was opened", "Open it again.")
    for name in ("package.json", *package.index["files"]):
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package.folder / name, place / name)


def _index(folder: Path, contents: Contents, parts: Mapping[str, str]) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    arrays = {n: {"shape": list(a.shape), "dtype": str(a.dtype)} for n, a in sorted(contents.state.arrays.items())}
    index: dict[str, Any] = {
        "schema": SCHEMA,
        "method": contents.plan.method,
        "task": contents.plan.task,
        "roles": list(contents.facts.words.get("roles", ())),
        "labels": list(contents.facts.words.get("labels", contents.facts.words.get("classes", ()))),
        "arrays": arrays,
        "parts": dict(parts),
        "files": {path.relative_to(folder).as_posix(): file_sha256(path) for path in files},
        "digest": identity(folder, parts),
    }
    write_json(folder / "package.json", {**index, "sha256": self_hash(index)})
