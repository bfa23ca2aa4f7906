"""Identifiers that are still in headers: names, dates of birth, hospitals, devices. Looked for when asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from hounsfield.audit.identifiers import Held, identifiers
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.wording import several
from hounsfield.formats.zipped import list_members, open_member
from hounsfield.values import Dataset, Fault, Refused

REMEDY = "Take it out before the files are shared; from DICOM with a tool that follows PS3.15, Annex E."


@dataclass(frozen=True)
class Privacy:
    """The check."""

    name: str = "privacy"

    def measure(self, case: OpenedCase) -> dict[str, Held] | None:
        """File, or folder of a series -> what its headers hold."""
        values = [*case.case.inputs.values(), *(truth.answer for truth in case.case.truths.values())]
        found = {where: _held(where) for where in dict.fromkeys(value.where for value in values)}
        return {where: held for where, held in found.items() if held} or None

    def judge(self, measured: Mapping[str, Mapping[str, Held]], dataset: Dataset) -> Iterable[Fault]:
        """Files that hold the same, together."""
        alike: dict[tuple[str, ...], list[tuple[str, str]]] = {}
        sure: Held = {}
        for case_id, files in measured.items():
            for where, held in files.items():
                alike.setdefault(tuple(held), []).append((case_id, where))
                sure |= held
        for what, those in alike.items():
            ids = tuple(dict.fromkeys(case_id for case_id, _ in those))
            where = several([where for _, where in those])
            yield Fault(
                self.name, where, f"still holds {', '.join(what)}", REMEDY, max(map(sure.__getitem__, what)), ids
            )


CHECK = Privacy()


def _held(where: str) -> Held:
    """What a file, the files of a folder, or a member of a zip hold in their headers."""
    path, _, member = where.partition("::")
    held: Held = {}
    for stream in _streams(Path(path), member):
        held |= identifiers(stream)
    return held


def _streams(path: Path, member: str) -> Iterator[IO[bytes]]:
    """The file, each file of a folder, the member of a zip, or each member of a folder in a zip."""
    if path.suffix.lower() == ".zip" and member:
        with suppress(Refused):  # another check's business
            names = list(list_members(path))
            folder = member.partition("::")[0]
            for name in [member] if member in names else [name for name in names if name.startswith(f"{folder}/")]:
                with suppress(Refused), open_member(path, name) as (stream, _):
                    yield stream
        return
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        if file.is_file():
            with suppress(OSError), open(file, "rb") as stream:
                yield stream
