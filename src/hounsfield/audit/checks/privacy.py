"""Identifiers that are still there: in headers, in names of files, in tables. Looked for when asked, never repeated."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from hounsfield.audit.identifiers import Held, identifiers
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.telling import column_tells, name_tells, tells
from hounsfield.audit.wording import several
from hounsfield.values import Dataset, Fault, Image, Lazy
from hounsfield.values.wording import count

NAMED = 0.3  # how sure it is that a name of a file is a person's
RENAME = "Rename the files and folders by numbers before they are shared; their names say too much."
LEAVE_OUT = "Leave the column out of what is shared, or put a code in its place."
REMEDY = "Take it out before the files are shared; from DICOM with a tool that follows PS3.15, Annex E."


@dataclass(frozen=True)
class Privacy:
    """The check."""

    name: str = "privacy"

    def measure(self, case: OpenedCase) -> dict[str, Held] | None:
        """File, or folder of a series -> what its headers hold."""
        values = [*case.case.inputs.values(), *(truth.answer for truth in case.case.truths.values())]
        found: dict[str, Held] = {}
        for value in values:
            found[value.where] = found.get(value.where, {}) | _held(value.files)
        return {where: held for where, held in found.items() if held} or None

    def judge(self, measured: Mapping[str, Mapping[str, Held]], dataset: Dataset) -> Iterable[Fault]:
        """Files that hold the same, together; then what names of files and columns of tables tell."""
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
        yield from self._names(dataset)
        yield from self._columns(dataset)
        yield from self._not_looked_at(dataset)

    def _names(self, dataset: Dataset) -> Iterable[Fault]:
        """Names of files and folders below the one that was given."""
        found: dict[str, dict[str, str]] = {}
        for case in dataset:
            for value in case.inputs.values():
                inside = value.where.removeprefix(dataset.where)
                for what in dict.fromkeys(map(name_tells, re.split(r"[/\\]|::", inside))):
                    if what:
                        found.setdefault(what, {})[case.id] = value.where
        for what, files in found.items():
            where = several(list(dict.fromkeys(files.values())))
            yield Fault(self.name, where, f"seems to have {what} in its name", RENAME, NAMED, tuple(files))

    def _columns(self, dataset: Dataset) -> Iterable[Fault]:
        """Columns called as what is personal, and columns of dates."""
        ids: dict[str, list[str]] = {}
        dated: dict[str, list[str]] = {}
        for case in dataset:
            for column, value in case.covariates.items():
                if value is not None and column_tells(column):
                    ids.setdefault(column, []).append(case.id)
                elif isinstance(value, str) and tells(value):
                    dated.setdefault(column, []).append(case.id)
        for column, cases in ids.items():
            what = "is a column about persons or places, by its name"
            yield Fault(self.name, f"{dataset.where}, {column}", what, LEAVE_OUT, 0.6, tuple(cases))
        for column, cases in dated.items():
            what = f"is a column with names, dates or words about persons in {count(len(cases), 'case')}"
            yield Fault(self.name, f"{dataset.where}, {column}", what, LEAVE_OUT, 0.5, tuple(cases))

    def _not_looked_at(self, dataset: Dataset) -> Iterable[Fault]:
        """Images whose files are not known, so that nothing is claimed of their headers."""
        blind = [case.id for case in dataset if any(_is_blind(value) for value in case.inputs.values())]
        if blind:
            what = f"has {count(len(blind), 'case')} whose headers were not looked at: its layout names no files"
            yield Fault(self.name, dataset.where, what, "Look at them by other means.", NAMED, tuple(blind))


CHECK = Privacy()


def _held(files: Iterable[Path]) -> Held:
    """What files hold in their headers; those that can not be read are another check's business."""
    held: Held = {}
    for file in files:
        with suppress(OSError):
            state = file.stat()
            held |= _remembered(file, state.st_size, state.st_mtime_ns)
    return held


@lru_cache(maxsize=64)
def _remembered(file: Path, size: int, modified: int) -> Held:
    """What a file holds, which may be the file of many cases; size and time are the file's."""
    return identifiers(file)


def _is_blind(value: Lazy[object]) -> bool:
    """Whether an image comes from a file that is there, and not from memory, but is not named."""
    return issubclass(value.kind, Image) and not value.files and Path(value.where.partition("::")[0]).exists()
