"""Opening what a user points to: every layout is asked, the surest reads it.

A zip that no layout knows by itself is unpacked first; a folder of several sets of data is listed by part.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from hounsfield.formats.files import leaves_its_folder
from hounsfield.formats.unzipping import Watch, nobody
from hounsfield.layouts.folders import all_files, files_in, folders_in, is_notice, passed_over
from hounsfield.layouts.layout import Claim, Layout, ReadOptions
from hounsfield.layouts.owners import told_by_names
from hounsfield.layouts.presence import check_presence
from hounsfield.layouts.unzipped import Inside, archives_in, is_zip, unpacked
from hounsfield.values import Dataset, Problem, Reading, Refused, refuse
from hounsfield.values.wording import count

DEFAULT = ReadOptions()
HALF = 0.5
"""Below this a layout says that it could read a folder, not that it looks like its own."""

DEPTH = 2
MOST = 50
"""So deep, and at so many folders of a folder, is looked for parts that can be read."""

STILL_THERE = "Check its permissions, and that the disk is still there."
MOST_PARTS = 30  # sets in a folder that are named, one a line
MOST_REASONS = 8  # that are said where nothing can be read


@dataclass(frozen=True)
class Place:
    """Where to read, and the layouts that can. inside: the archive that was unpacked there."""

    folder: Path
    claims: Mapping[str, Claim]
    inside: Inside | None = None

    @property
    def surest(self) -> str:
        """The name of the surest layout."""
        return max(self.claims, key=lambda name: self.claims[name].sure)


def open_folder(
    path: Path,
    layouts: Mapping[str, Layout],
    *,
    layout: str | None = None,
    task: str | None = None,
    options: ReadOptions = DEFAULT,
    watch: Watch = nobody,
) -> Dataset:
    """The cases of a folder (or of a single file), by the layout that is surest of it, or by the one named.

    task: where some of the layouts that fit are for it, the surest of these.  watch: is told of unpacking a zip.
    Refuses what is missing, empty, known to no layout, without a single case, or several sets of data at once.
    """
    path = Path(path)
    check_presence(path)
    if path.is_dir() and next(all_files(path), None) is None:
        raise refuse(path, "is an empty folder", "Put the images into it, or name another folder.")
    if layout is not None and layout not in layouts:
        raise refuse(path, f"can not be read as {layout!r}: no such layout", f"Known: {', '.join(sorted(layouts))}.")
    names, closed = passed_over(path) if path.is_dir() else ([], {})
    try:
        dataset = _read(path, layouts, layout, task, options, watch)
    except OSError as error:
        raise refuse(error.filename or path, f"can not be read ({error.strerror})", STILL_THERE) from None
    except Refused as refusal:
        told = {problem.where for problem in refusal.problems}
        hidden = [problem for problem in _hidden(path, closed) if problem.where not in told]
        raise Refused([*hidden[:MOST_REASONS], *refusal.problems]) from None
    return replace(dataset, problems=(*dataset.problems, *_shut(path, closed), *_misnamed(path, names)))


def _read(
    path: Path,
    layouts: Mapping[str, Layout],
    layout: str | None,
    task: str | None,
    options: ReadOptions,
    watch: Watch,
) -> Dataset:
    if path.is_dir() and next(all_files(path), None) is None:
        raise refuse(path, "is an empty folder", "Put the images into it, or name another folder.")
    place = _place(path, layouts, watch)
    name = layout or _chosen(path, place, layouts, task)
    if name not in place.claims:
        looks = f"It looks like {place.surest}." if place.claims else "Leave it out."
        raise refuse(path, f"is not laid out as {name}", looks)
    with place.inside.refusing() if place.inside else nullcontext():
        dataset = told_by_names(layouts[name].read(place.folder, options), place.folder)
    dataset = place.inside.dataset(dataset) if place.inside else dataset
    if not dataset.cases:
        nothing = Problem(str(path), f"holds no case, read as {name}", "Is it the right folder?")
        raise Refused([*dataset.problems[:MOST_REASONS], nothing])
    _check_ids(path, dataset)
    return replace(
        dataset,
        where=str(path),
        layout=name,
        why=place.claims[name].why,
        problems=(*dataset.problems, *_unreadable(place.folder / file for file in dataset.unclaimed)),
        readings=_readings(place.claims),
    )


def _place(path: Path, layouts: Mapping[str, Layout], watch: Watch) -> Place:
    """The folder itself, or what is in the one zip that it is or holds, when nothing else can be read there."""
    place = _innermost(path, layouts)
    archives = [path] if is_zip(path) else archives_in(place.folder)
    if place.claims or not archives:
        return place
    if len(archives) > 1:
        names = ", ".join(archive.name for archive in archives[:5])
        raise refuse(place.folder, f"holds {len(archives)} archives: {names}", "Name one of them.")
    inside = Inside(archives[0], unpacked(archives[0], watch=watch))
    with inside.refusing():
        return replace(_innermost(inside.folder, layouts), inside=inside)


def _innermost(path: Path, layouts: Mapping[str, Layout]) -> Place:
    """The folder, or, as long as no layout knows it and it holds nothing but a folder, that one."""
    place = Place(path, _claims(path, layouts))
    while not place.claims and (inner := only_folder(place.folder)) is not None:
        place = Place(inner, _claims(inner, layouts))
    return place


def only_folder(path: Path) -> Path | None:
    """The folder inside a folder, where it holds nothing else; notices are nothing."""
    inner = folders_in(path)
    return inner[0] if len(inner) == 1 and all(map(is_notice, files_in(path))) else None


def _claims(path: Path, layouts: Mapping[str, Layout]) -> dict[str, Claim]:
    answers = {name: layout.detect(path) for name, layout in layouts.items()}
    return {name: claim for name, claim in answers.items() if claim is not None}


def _readings(claims: Mapping[str, Claim]) -> tuple[Reading, ...]:
    order = sorted(claims, key=lambda name: -claims[name].sure)
    return tuple(Reading(name, claims[name].sure, claims[name].why, claims[name].task) for name in order)


def _chosen(path: Path, place: Place, layouts: Mapping[str, Layout], task: str | None) -> str:
    """The surest layout, of those for the task where there are any. Refuses several sets of data at once."""
    parts = [] if _is_one(place, layouts) else list(_parts(place.folder, layouts, DEPTH))
    if parts:
        said = [
            Problem(str(part), f"can be read as {name} ({claim.why})", "") for part, name, claim in parts[:MOST_PARTS]
        ]
        if len(parts) > MOST_PARTS:
            said.append(Problem(str(path), f"has {len(parts) - MOST_PARTS} more such parts", ""))
        what = "is no set of data as a whole, but has parts that are"
        refusal = Refused([*said, Problem(str(path), what, "Name one of them.")])
        with place.inside.refusing() if place.inside else nullcontext():
            raise refusal
    if not place.claims:
        remedy = f"Arrange the files as one of these: {', '.join(sorted(layouts))}; or name one by --layout."
        raise refuse(path, "is laid out in no way that is known here", remedy)
    fitting = [name for name, claim in place.claims.items() if task and claim.task == task and claim.sure >= HALF]
    return max(fitting, key=lambda name: place.claims[name].sure) if fitting else place.surest


def _is_one(place: Place, layouts: Mapping[str, Layout]) -> bool:
    """Whether a folder is one set of data: its surest layout begins in it, or nothing else in it can be read."""
    if not place.claims:
        return False
    claim = place.claims[place.surest]
    if claim.sure < HALF:
        inner = [claim for folder in _real_folders(place.folder) for claim in _claims(folder, layouts).values()]
        return not any(claim.sure >= HALF for claim in inner)
    root = claim.root
    if root is None or root == place.folder or not root.is_relative_to(place.folder):
        return True
    own = place.folder / root.relative_to(place.folder).parts[0]
    return all(part.is_relative_to(own) for part, _, _ in _parts(place.folder, layouts, DEPTH))


def _parts(folder: Path, layouts: Mapping[str, Layout], depth: int) -> Iterator[tuple[Path, str, Claim]]:
    """The folders inside a folder that are sets of data, each with its surest layout; of others the folders inside."""
    for inner in _real_folders(folder):
        place = Place(inner, _claims(inner, layouts))
        if _is_one(place, layouts):
            yield inner, place.surest, place.claims[place.surest]
        elif depth > 1:
            yield from _parts(inner, layouts, depth - 1)


def _real_folders(folder: Path) -> list[Path]:
    """The first folders inside a folder, without links to others of them."""
    seen = set[str]()
    found = []
    for inner in sorted(folders_in(folder), key=lambda path: path.is_symlink()):
        real = os.path.realpath(inner)
        if real not in seen:
            seen.add(real)
            found.append(inner)
    return sorted(found)[:MOST]


def _shut(path: Path, closed: Mapping[Path, str]) -> list[Problem]:
    """A problem for each folder that can not be looked into: a case that can not be read, as far as anybody knows."""
    return [
        Problem(str(folder), f"can not be looked into ({why})", STILL_THERE, folder.relative_to(path).as_posix())
        for folder, why in sorted(closed.items())
    ]


def _hidden(path: Path, closed: Mapping[Path, str]) -> list[Problem]:
    """What layouts could not look into, a problem each."""
    files = list[Path]()
    with suppress(Refused):  # folders without end, which are told of already
        files += all_files(path) if path.is_dir() else ()
    return [*_shut(path, closed), *_unreadable(files)]


def _unreadable(files: Iterable[Path]) -> list[Problem]:
    """A problem for each file that may not be read: nobody knows what it would have said of the others."""
    what = "can not be read (Permission denied)"
    return [Problem(str(file), what, STILL_THERE) for file in files if not os.access(file, os.R_OK)]


def _misnamed(path: Path, names: Sequence[str]) -> list[Problem]:
    """One problem for all files with names that are no text; nothing was made of them."""
    if not names:
        return []
    what = f"holds {count(len(names), 'name')} of bytes that are no text, left out here, {names[0]} first"
    return [Problem(str(path), what, "Rename them, in UTF-8 and without control characters.")]


def _check_ids(path: Path, dataset: Dataset) -> None:
    """An id names a case's answer files, so it must be unique, in upper or lower case too."""
    seen: dict[str, str] = {}
    for case in dataset.cases:
        if leaves_its_folder(case.id):
            what = f"has a case named {case.id!r}, which is no name that files can have"
            raise refuse(path, what, "Name cases without '..', backslashes or a leading slash.")
        key = unicodedata.normalize("NFC", case.id).casefold()
        if key in seen:
            other = seen[key]
            what = f"has two cases whose answers would share a name, {other!r} and {case.id!r}"
            raise refuse(path, what, "Give each case a name of its own.")
        seen[key] = case.id
