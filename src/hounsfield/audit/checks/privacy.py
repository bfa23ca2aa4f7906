"""Identifiers that are still in headers: names, dates of birth, hospitals, devices. Looked for when asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from hounsfield.audit.identifiers import Held, identifiers
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.wording import several
from hounsfield.values import Dataset, Fault

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


def _held(files: Iterable[Path]) -> Held:
    """What files hold in their headers; those that can not be read are another check's business."""
    held: Held = {}
    for file in files:
        with suppress(OSError), open(file, "rb") as stream:
            held |= identifiers(stream)
    return held
