"""DICOM series: a folder of any depth of DICOM files, whose names mean nothing; a case for each volume.

A volume is a series, or one phase, echo or orientation of it (see formats/dicom/series.py); a file that does not say
where it lies is a picture and a case of its own. Left out, and said: localisers, exact copies, pictures of a screen
among scans. Refused, and said: volumes that are tilted, change their step, lack slices, or may lack one that lies in a
damaged file. Other DICOM objects (reports, plans, segmentations) and files that are no DICOM are unclaimed.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from os.path import commonpath
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from hounsfield.formats.dicom.file import DicomFile
from hounsfield.formats.unzipping import Watch
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import NOTICES, all_files
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.values import Case, Dataset, Problem, Refused, refuse
from hounsfield.values.wording import count

if TYPE_CHECKING:
    from hounsfield.formats.dicom.header import Header
    from hounsfield.formats.dicom.series import Stack, Volume

SAMPLE = 48
"""So many files are looked at to tell DICOM from other data."""

ENDINGS = (".dcm", ".dicom", ".ima")
RESTORE = "Get the file again from its source; or take it away, to go on without it."


@dataclass(frozen=True, eq=False)
class Wanted:
    """What should be a case: its files, what it is named by, and its volume or the reasons why there is none."""

    files: tuple[DicomFile, ...]
    series: str
    number: str = ""
    name: str = ""
    volume: Volume | None = None
    problems: tuple[Problem, ...] = ()

    @staticmethod
    def of(stack: Stack, volume: Volume | None = None, problems: Iterable[Problem] = ()) -> Wanted:
        """The volume of a stack, or what is wrong with it."""
        return Wanted(stack.files, stack.first.series, stack.first.number, stack.name, volume, tuple(problems))


@dataclass(frozen=True)
class Damaged:
    """A DICOM file that can not be read, why, and the series that it says it is of, "" where it no longer does."""

    file: DicomFile
    problems: tuple[Problem, ...]
    series: str


@dataclass
class Found:
    """What reading comes to: what should be cases, and what is to be said of the rest."""

    wanted: list[Wanted] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
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
        found = sum(file.has_magic() for file in sample)
        if not found:
            return None
        return Claim(0.15 + 0.7 * found / len(sample), f"of {count(len(sample), 'file')} looked at, {found} in DICOM")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """A case for each volume, with the role `image`; the patient by the PatientID, or else by the folder's name."""
        files = _files(folder)
        if not any(file.has_magic() for file in files):
            raise refuse(folder, "holds no DICOM file", "Name the folder of the series.")
        found = _look_at(files, options.watch)
        named = list(zip(_ids(folder, found.wanted), found.wanted, strict=True))
        cases = [_case(folder, case_id, one.volume) for case_id, one in named if one.volume is not None]
        rest = [file for file in files if file not in found.used and not file.name.lower().startswith(NOTICES)]
        return Dataset(
            where=str(folder),
            cases=tuple(sorted(cases, key=lambda case: case.id)),
            problems=tuple(replace(problem, case=case_id) for case_id, one in named for problem in one.problems),
            notes=tuple(found.notes),
            unclaimed=tuple(_inside(folder, file) for file in rest),
        )


LAYOUT = DicomSeries()


def _files(folder: Path) -> list[DicomFile]:
    """Every visible file in a folder, or the one file itself."""
    return [DicomFile(path) for path in (all_files(folder) if folder.is_dir() else [folder])]


def _look_at(files: Sequence[DicomFile], watch: Watch) -> Found:
    """What the series of these files come to."""
    from hounsfield.formats.dicom.geometry import Slice
    from hounsfield.formats.dicom.series import Stack, assemble, stacks_of

    found = Found()
    for headers in _by_series(files, found, watch).values():
        try:
            stacks = stacks_of(headers)
        except Refused as refusal:
            whole = Stack(tuple(Slice(header, frame) for header in headers for frame in header.frames))
            found.wanted.append(Wanted.of(whole, problems=refusal.problems))
            continue
        names = [stack.name for stack in stacks if stack.name and not stack.is_localiser]
        if names:
            found.notes.append(f"{headers[0].file.folder}: a series of {len(names)} volumes, {_some(names)}")
        for stack in stacks:
            if stack.is_localiser:
                found.notes.append(f"{stack.where}: a localiser of {_slices(stack)}, left out")
                continue
            try:
                found.wanted.append(Wanted.of(stack, assemble(stack)))
            except Refused as refusal:
                found.wanted.append(Wanted.of(stack, problems=refusal.problems))
    _leave_out_captures(found)
    _refuse_incomplete(found)
    for one in found.wanted:
        found.used.update(one.files)
        if one.volume is not None:
            found.notes.extend(_notes(one.volume.stack))
    return found


def _by_series(files: Sequence[DicomFile], found: Found, watch: Watch) -> dict[str, list[Header]]:
    """Series -> headers of its images; what can not be read is told of as damaged."""
    from hounsfield.formats.dicom.header import look, series_of  # pydicom takes half a second: only where it is needed

    series = dict[str, list["Header"]]()
    for number, file in enumerate(files):
        watch(number, len(files))
        if not file.has_magic() and not file.name.lower().endswith(ENDINGS):
            continue
        try:
            header = look(file)
        except Refused as refusal:
            found.damaged.append(Damaged(file, refusal.problems, series_of(file)))
            continue
        if header is not None and not header.is_segmentation:
            series.setdefault(header.series, []).append(header)
    watch(len(files), len(files))
    return series


def _leave_out_captures(found: Found) -> None:
    """Pictures of a screen are cases only where there is nothing else."""
    volumes = [one.volume for one in found.wanted if one.volume is not None]
    captures = [volume for volume in volumes if volume.stack.is_capture]
    if len(captures) == len(volumes):
        return
    found.wanted = [one for one in found.wanted if one.volume not in captures]
    for volume in captures:
        found.notes.append(f"{volume.stack.where}: a picture of a screen among scans, left out")


def _refuse_incomplete(found: Found) -> None:
    """Refuses volumes that a damaged file may be a slice of; one that is of none of them would be a case of its own.

    A gap would be seen, but at either end a volume without its slice looks whole.
    """
    alone = defaultdict[str, list[Damaged]](list)
    for damaged in found.damaged:
        doubtful = [place for place, one in enumerate(found.wanted) if _may_lack(one, damaged)]
        for place in doubtful:
            said = [replace(p, what=f"{p.what}; a volume may lack it", remedy=RESTORE) for p in damaged.problems]
            one = found.wanted[place]
            found.wanted[place] = replace(one, volume=None, problems=(*one.problems, *said))
            found.used.add(damaged.file)
        if not doubtful:
            alone[damaged.series or str(damaged.file)].append(damaged)
    for series, group in alone.items():
        problems = tuple(problem for damaged in group for problem in damaged.problems)
        found.wanted.append(Wanted(tuple(damaged.file for damaged in group), series, problems=problems))


def _may_lack(one: Wanted, damaged: Damaged) -> bool:
    """Whether a file may be a slice of a volume: it is of its series or, where it no longer says so, in its folder.

    Pictures without a place and volumes in a file of their own are whole.
    """
    if one.volume is not None and (not one.volume.stack.is_placed or len(one.files) == 1 < len(one.volume.slices)):
        return False
    if damaged.series:
        return damaged.series == one.series
    return len(one.files) > 1 and damaged.file.folder in {file.folder for file in one.files}


def _notes(stack: Stack) -> list[str]:
    """What is to be said of a volume that is read."""
    notes = []
    if stack.copies:
        names = _some([file.name for file in stack.copies])
        notes.append(f"{stack.where}: left out exact copies of its slices, {len(stack.copies)} in all ({names})")
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
    folder_name = "" if is_whole_file else _common(folder, stack.files).name or _root_name(folder)
    return Case(case_id, {"image": lazies.dicom_volume(volume, where)}, patient=stack.first.patient or folder_name)


def _ids(folder: Path, wanted: Sequence[Wanted]) -> list[str]:
    """A name for each: that of its folder or single file, then its series' number, then what it is of its series."""
    bases = [_base(folder, one.files) for one in wanted]
    series = defaultdict[str, set[str]](set)
    for base, one in zip(bases, wanted, strict=True):
        series[base].add(one.series)
    ids = []
    for base, one in zip(bases, wanted, strict=True):
        number = f"series{one.number or 0}" if len(series[base]) > 1 else ""
        ids.append("_".join(filter(None, (base, number, one.name))))
    totals, seen = Counter(name.lower() for name in ids), Counter[str]()
    for place, name in enumerate(ids):
        if totals[name.lower()] > 1:
            seen[name.lower()] += 1
            ids[place] = f"{name}_{seen[name.lower()]:02d}"
    return ids


def _base(folder: Path, files: Sequence[DicomFile]) -> str:
    parts = _common(folder, files).parts
    if len(files) == 1:
        name = files[0].name
        ending = next((ending for ending in ENDINGS if name.lower().endswith(ending)), "")
        parts = (*parts, name[: len(name) - len(ending)])
    return re.sub(r"[^\w.-]+", "_", "_".join(parts) or _root_name(folder))


def _root_name(folder: Path) -> str:
    path = folder.resolve()
    return (path.name if path.is_dir() else path.stem) or "series"


def _common(folder: Path, files: Sequence[DicomFile]) -> PurePosixPath:
    """The folder that all files of a volume lie in, inside the data's folder."""
    parents = {str(PurePosixPath(_inside(folder, file)).parent) for file in files}
    return PurePosixPath(parents.pop()) if len(parents) == 1 else PurePosixPath(commonpath(parents))


def _inside(folder: Path, file: DicomFile) -> str:
    return file.path.relative_to(folder).as_posix() if folder.is_dir() else file.path.name
