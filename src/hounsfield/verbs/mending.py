"""inspect --fix: a mended copy of a folder, never in place; it is looked at again before it appears."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from hounsfield.answers.copying import Inventory, check_room, copy_into, inventory
from hounsfield.answers.writing import aside, clear_unfinished, folder_aside, make_way, meant_for, write_json
from hounsfield.audit.mending.mend import Mend
from hounsfield.formats.files import sha256_of, writing
from hounsfield.formats.json_values import read_json
from hounsfield.layouts.folders import RECORD
from hounsfield.layouts.opening import only_folder
from hounsfield.layouts.unzipped import archives_in, is_zip, unpacked
from hounsfield.training.track import Watcher
from hounsfield.values import Dataset, Fault, MiB, Problem, Refused, refuse

ROUNDS = 2
"""So often what can be mended in the copy, and could not in the data, is mended too."""


@dataclass(frozen=True)
class Change:
    """What was changed of a file, and what it was and is, by SHA-256. file: relative to the copy."""

    file: str
    check: str
    what: str
    sha256_before: str
    sha256_after: str


@dataclass(frozen=True)
class Mended:
    """A mended copy. out: its folder, empty where nothing could be mended and none was written.

    left_out: what was not copied, a sentence each.  left: check -> how many faults are found in the copy.
    """

    out: str
    changes: tuple[Change, ...] = ()
    left_out: tuple[str, ...] = ()
    left: Mapping[str, int] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        changes = [vars(change) for change in self.changes]
        return {"out": self.out, "changes": changes, "left_out": list(self.left_out), "left": dict(self.left)}


class Seen(NamedTuple):
    """What is found in a copy: what is wrong, and what could still be mended."""

    faults: Sequence[Fault]
    mends: Sequence[Mend]


def refuse_place(data: str | Path | Dataset, out: Path) -> None:
    """Raises Refused where no copy can be made of the data, or not there. Nothing is read."""
    if isinstance(data, Dataset):
        raise refuse(data.where, "is open already, and a copy is made of a folder", "Name the folder.")
    data = Path(data)
    if data.is_file() and not is_zip(data):
        raise refuse(data, "is one file, of which no mended copy is made", "Name the folder that holds it, or a zip.")
    if os.path.lexists(out):
        raise refuse(out, "is there already, and nothing is mended in place", "Name a new folder for the mended copy.")
    if data.is_dir() and Path(os.path.realpath(out)).is_relative_to(os.path.realpath(data)):
        raise refuse(out, f"lies inside of {data}", "Name a folder beside it for the mended copy.")
    place = next(path for path in out.absolute().parents if path.exists())
    if not (place.is_dir() and os.access(place, os.W_OK | os.X_OK)):
        raise refuse(out, f"can not be written into {place}", "Name a folder that you may write to.")
    with meant_for(out):
        make_way(place / next(iter(out.absolute().relative_to(place).parts)))


def mended_copy(
    data: Path,
    mends: Sequence[Mend],
    out: Path,
    *,
    files: Iterable[Path],
    again: Callable[[Path], Seen],
    watch: Watcher,
) -> Mended:
    """A copy of the data with the mends made, and those that are possible only then. Without a mend none is written.

    files: what the cases read; refuses the copy where some would not be in it.  again: looks at the copy; refuses it
    where it is not whole.
    """
    if not mends:
        return Mended("")
    root = _root(data, mends)
    held = inventory(root)
    for file in files:
        _refuse_left_out(file, held)
    make_way(out)
    clear_unfinished(out)
    check_room(held, out)

    def copied(done: int) -> None:
        watch({"stage": "copied MiB", "done": done // MiB, "total": held.nbytes // MiB})

    with writing(out), folder_aside(out) as folder:
        copy_into(folder, held, copied)
        changes = [_made(mend, folder, place_in(root, mend.file)) for mend in mends]
        seen = _seen(folder, out, again)
        for _ in range(ROUNDS):  # what is seen only in the copy: a label that fits is held against others
            changes += [_made(mend, folder, place_in(folder, mend.file)) for mend in seen.mends]
            seen = _seen(folder, out, again) if seen.mends else seen
        left = Counter(fault.check for fault in seen.faults)
        left_out = tuple(_shown(f"{path} {why}") for path, why in held.left_out.items())
        mended = Mended(str(out), tuple(changes), left_out, dict(left))
        write_json(folder / RECORD, {"of": str(data), **mended.to_json(), **_before(root)})
    return mended


def place_in(folder: Path, file: Path) -> Path:
    """Where a file lies in a folder, relative to it, by whatever path the two are named. Refuses one that does not."""
    for way in (os.path.abspath, os.path.realpath):
        own, base = Path(way(file)), Path(way(folder))
        if own.is_relative_to(base):
            return own.relative_to(base)
    what = "is read by cases, by a path that would lead out of a copy of their folder"
    raise refuse(file, what, "Put it into the folder, and name it by its place there.")


def _refuse_left_out(file: Path, held: Inventory) -> None:
    """Raises Refused where a file that cases read is not copied with the folder that they are in."""
    path = place_in(held.root, file)
    if path in held.files:
        return
    reasons = [f"{_shown(str(part))} {held.left_out[part]}" for part in (path, *path.parents) if part in held.left_out]
    what = f"is read by cases and would be missing in a copy{''.join(f': {reason}' for reason in reasons)}"
    raise refuse(file, what, "Put the file itself in its place.")


def _root(data: Path, mends: Sequence[Mend]) -> Path:
    """The folder that is copied: the data's, or the one that the zip was unpacked to which it is or holds."""
    if is_zip(data):
        return unpacked(data)
    if any(mend.file.is_relative_to(data) for mend in mends):
        return data
    folder = data  # the zip may be in a folder of its own
    while not archives_in(folder) and (inner := only_folder(folder)) is not None:
        folder = inner
    archives = archives_in(folder)
    return unpacked(archives[0]) if len(archives) == 1 else data


def _seen(folder: Path, out: Path, again: Callable[[Path], Seen]) -> Seen:
    """What is found in the copy. Refuses one that can not be read as the data was."""
    try:
        return again(folder)
    except Refused as refusal:
        told = [replace(p, where=p.where.replace(str(folder), str(out))) for p in refusal.problems]
        what = "would not be read as the data are, so it was not written"
        why = Problem(str(out), what, "Are there links in the data, or paths to other folders?")
        raise Refused([*told, why]) from None


def _made(mend: Mend, folder: Path, path: Path) -> Change:
    """A file of the copy is replaced by the mended one."""
    file = folder / path
    before = sha256_of(file)
    with aside(file) as other:
        mend.write(other)
    return Change(path.as_posix(), mend.check, mend.what, before, sha256_of(file))


def _shown(name: str) -> str:
    """A name that may be any bytes as text."""
    return name.encode("utf-8", "backslashreplace").decode()


def _before(root: Path) -> dict[str, Any]:
    """What was mended earlier, where the data are a mended copy themselves."""
    record = root / RECORD
    return {"before": read_json(record)} if record.is_file() else {}
