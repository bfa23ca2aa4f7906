"""Identifiers that are still in headers: names, dates of birth, hospitals, devices. Looked for when asked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.audit.identifiers import Held, identifiers
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.wording import several
from hounsfield.formats.zipped import open_member
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
        for what, files in alike.items():
            ids = tuple(dict.fromkeys(case_id for case_id, _ in files))
            where = several([where for _, where in files])
            yield Fault(
                self.name, where, f"still holds {', '.join(what)}", REMEDY, max(map(sure.__getitem__, what)), ids
            )


CHECK = Privacy()


def _held(where: str) -> Held:
    """What a file, the files of a folder, or a member of a zip hold in their headers."""
    path, _, member = where.partition("::")
    held: Held = {}
    for name in _files(Path(path)):
        try:
            if member and name.suffix.lower() == ".zip":
                with open_member(name, member) as (stream, _):
                    held |= identifiers(stream)
            else:
                with open(name, "rb") as file:
                    held |= identifiers(file)
        except (Refused, OSError):  # another check's business
            continue
    return held


def _files(path: Path) -> Iterator[Path]:
    if path.is_dir():
        yield from sorted(inner for inner in path.iterdir() if inner.is_file())
    elif path.is_file():
        yield path
