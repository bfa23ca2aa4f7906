"""DICOM series: a folder of any depth, or a zip, of DICOM files, whose names mean nothing; a case for each volume.

A volume is a series, or one phase, echo or orientation of it (see formats/dicom/series.py); a file that does not say
where it lies is a picture and a case of its own. Left out, and said: localisers, exact copies, pictures of a screen
among scans. Refused, and said: volumes that are tilted, lack slices or change their step. Other DICOM objects
(reports, plans, segmentations) and files that are no DICOM are unclaimed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from os.path import commonpath
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hounsfield.formats.dicom.file import DicomFile
from hounsfield.formats.zipped import list_members
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import NOTICES, all_files
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.values import Case, Dataset, Problem, Refused, refuse

if TYPE_CHECKING:
    from hounsfield.formats.dicom.header import Header
    from hounsfield.formats.dicom.series import Stack, Volume

SAMPLE = 48
"""So many files are looked at to tell DICOM from other data."""

ENDINGS = (".dcm", ".dicom", ".ima")


@dataclass
class Found:
    """What reading comes to: volumes, and what is to be said of the rest."""

    volumes: list[Volume] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    used: set[DicomFile] = field(default_factory=set)


@dataclass(frozen=True)
class DicomSeries:
    """The layout."""

    name: str = "dicom_series"

    def detect(self, folder: Path) -> Claim | None:
        """As sure as the share of files that begin like DICOM, in a sample of them."""
        files = _files(folder)
        sample = files[:: max(1, len(files) // SAMPLE)]
        count = sum(file.has_magic() for file in sample)
        if not count:
            return None
        return Claim(0.15 + 0.7 * count / len(sample), f"{count} of {len(sample)} files looked at are DICOM")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """A case for each volume, with the role `image`; the patient by the PatientID, or else by the folder's name."""
        files = _files(folder)
        if not any(file.has_magic() for file in files):
            raise refuse(folder, "holds no DICOM file", "Name the folder of the series, or its zip.")
        found = _look_at(files)
        ids = _ids(folder, [volume.stack for volume in found.volumes])
        cases = [_case(folder, case_id, volume) for case_id, volume in zip(ids, found.volumes, strict=True)]
        rest = [file for file in files if file not in found.used and not file.name.lower().startswith(NOTICES)]
        return Dataset(
            where=str(folder),
            cases=tuple(sorted(cases, key=lambda case: case.id)),
            problems=tuple(found.problems),
            notes=tuple(found.notes),
            unclaimed=tuple(_inside(folder, file) for file in rest),
        )


LAYOUT = DicomSeries()


def _files(folder: Path) -> list[DicomFile]:
    """Every visible file in a folder or a zip, or the one file itself."""
    if folder.is_dir():
        return [DicomFile(path) for path in all_files(folder)]
    if folder.suffix.lower() != ".zip":
        return [DicomFile(folder)]
    try:
        names = [name for name in list_members(folder) if not _is_hidden(name)]
    except Refused:
        return []
    return [DicomFile(folder, name) for name in sorted(names)]


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in PurePosixPath(name).parts)


def _look_at(files: Iterable[DicomFile]) -> Found:
    """What the series of these files come to."""
    from hounsfield.formats.dicom.series import assemble, stacks_of

    found = Found()
    for headers in _by_series(files, found).values():
        try:
            stacks = stacks_of(headers)
        except Refused as refusal:
            found.problems.extend(refusal.problems)
            found.used.update(header.file for header in headers)
            continue
        names = [stack.name for stack in stacks if stack.name and not stack.is_localiser]
        if names:
            found.notes.append(f"{headers[0].file.folder}: a series of {len(names)} volumes, {_some(names)}")
        for stack in stacks:
            if stack.is_localiser:
                found.notes.append(f"{stack.where}: a localiser of {_slices(stack)}, left out")
                continue
            found.used.update(stack.files)
            try:
                found.volumes.append(assemble(stack))
            except Refused as refusal:
                found.problems.extend(refusal.problems)
    _leave_out_captures(found)
    for volume in found.volumes:
        found.notes.extend(_notes(volume.stack))
    return found


def _by_series(files: Iterable[DicomFile], found: Found) -> dict[str, list[Header]]:
    """Series -> headers of its images; what can not be read becomes a problem."""
    from hounsfield.formats.dicom.header import look  # pydicom takes half a second to import: only where it is needed

    series = dict[str, list["Header"]]()
    for file in files:
        if not file.has_magic():
            continue
        try:
            header = look(file)
        except Refused as refusal:
            found.problems.extend(refusal.problems)
            found.used.add(file)
            continue
        if header is not None and not header.is_segmentation:
            series.setdefault(header.series, []).append(header)
    return series


def _leave_out_captures(found: Found) -> None:
    """Pictures of a screen are cases only where there is nothing else."""
    captures = [volume for volume in found.volumes if volume.stack.is_capture]
    if len(captures) == len(found.volumes):
        return
    found.volumes = [volume for volume in found.volumes if not volume.stack.is_capture]
    for volume in captures:
        found.used.difference_update(volume.stack.files)
        found.notes.append(f"{volume.stack.where}: a picture of a screen among scans, left out")


def _notes(stack: Stack) -> list[str]:
    """What is to be said of a volume that is read."""
    notes = []
    if stack.copies:
        names = _some([file.name for file in stack.copies])
        notes.append(f"{stack.where}: left out {len(stack.copies)} exact copies of its slices ({names})")
    if not stack.is_placed and len(stack.slices) > 1:
        notes.append(f"{stack.where}: its {len(stack.slices)} frames have no positions and are in pixels")
    return notes


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + " ..." * (len(names) > 6)


def _slices(stack: Stack) -> str:
    return f"{len(stack.slices)} slice{'s' * (len(stack.slices) != 1)}"


def _case(folder: Path, case_id: str, volume: Volume) -> Case:
    stack = volume.stack
    is_whole_file = len(stack.files) == 1 and not stack.name
    where = stack.where if is_whole_file else f"{stack.where}::{case_id}"
    folder_name = "" if is_whole_file else _common(folder, stack).name or _root_name(folder)
    return Case(case_id, {"image": lazies.dicom_volume(volume, where)}, patient=stack.first.patient or folder_name)


def _ids(folder: Path, stacks: Sequence[Stack]) -> list[str]:
    """A name for each: that of its folder or single file, then its series' number, then what it is of its series."""
    bases = [_base(folder, stack) for stack in stacks]
    series = defaultdict[str, set[str]](set)
    for base, stack in zip(bases, stacks, strict=True):
        series[base].add(stack.first.series)
    ids = []
    for base, stack in zip(bases, stacks, strict=True):
        number = f"series{stack.first.number or 0}" if len(series[base]) > 1 else ""
        ids.append("_".join(filter(None, (base, number, stack.name))))
    totals, seen = Counter(name.lower() for name in ids), Counter[str]()
    for place, name in enumerate(ids):
        if totals[name.lower()] > 1:
            seen[name.lower()] += 1
            ids[place] = f"{name}_{seen[name.lower()]:02d}"
    return ids


def _base(folder: Path, stack: Stack) -> str:
    parts = _common(folder, stack).parts
    if len(stack.files) == 1:
        name = stack.files[0].name
        ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
        parts = (*parts, name[: len(name) - len(ending)])
    return re.sub(r"[^\w.-]+", "_", "_".join(parts) or _root_name(folder))


def _root_name(folder: Path) -> str:
    path = folder.resolve()
    return (path.name if path.is_dir() else path.stem) or "series"


def _common(folder: Path, stack: Stack) -> PurePosixPath:
    """The folder that all files of a volume lie in, inside the data's folder."""
    parents = {str(PurePosixPath(_inside(folder, file)).parent) for file in stack.files}
    return PurePosixPath(parents.pop()) if len(parents) == 1 else PurePosixPath(commonpath(parents))


def _inside(folder: Path, file: DicomFile) -> str:
    if file.member:
        return file.member.lstrip("/")
    return file.path.relative_to(folder).as_posix() if folder.is_dir() else file.path.name
