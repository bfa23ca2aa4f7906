"""inspect --fix: a mended copy of a folder, never in place; it is looked at again before it appears."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from hounsfield.answers.copying import check_room, copy_into, inventory
from hounsfield.answers.writing import folder_aside, write_json
from hounsfield.audit.mending.mend import Mend
from hounsfield.formats.files import sha256_of, writing
from hounsfield.formats.json_values import read_json
from hounsfield.layouts.folders import RECORD
from hounsfield.layouts.unzipped import archives_in, is_zip, unpacked
from hounsfield.training.track import Watcher
from hounsfield.values import Dataset, Fault, MiB, Problem, Refused, refuse


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


def mended_copy(
    data: Path, mends: Sequence[Mend], out: Path, *, again: Callable[[Path], Sequence[Fault]], watch: Watcher
) -> Mended:
    """A copy of the data with the mends made, and what is still found in it. Without a mend nothing is written.

    again: looks at the copy, refuses it where it is not whole, and gives what is wrong in it.
    """
    root = _root(data, mends)
    held = inventory(root)
    wanted = {mend.file.relative_to(root): mend for mend in mends if mend.file.is_relative_to(root)}
    wanted = {path: mend for path, mend in wanted.items() if path in held.files}
    if not wanted:
        return Mended("")
    check_room(held, out)

    def copied(done: int) -> None:
        watch({"stage": "copied MiB", "done": done // MiB, "total": held.nbytes // MiB})

    with writing(out), folder_aside(out) as folder:
        copy_into(folder, held, {path: mend.write for path, mend in wanted.items()}, copied)
        left = _looked_at(folder, out, again)
        changes = tuple(_change(root, folder, path, mend) for path, mend in wanted.items())
        left_out = tuple(_shown(f"{path} {why}") for path, why in held.left_out.items())
        mended = Mended(str(out), changes, left_out, left)
        write_json(folder / RECORD, {"of": str(data), **mended.to_json(), **_before(root)})
    return mended


def _root(data: Path, mends: Sequence[Mend]) -> Path:
    """The folder that is copied: the data's, or the one that the zip was unpacked to which it is or holds."""
    archives = [data] if is_zip(data) else [] if any(m.file.is_relative_to(data) for m in mends) else archives_in(data)
    return unpacked(archives[0]) if len(archives) == 1 else data


def _looked_at(folder: Path, out: Path, again: Callable[[Path], Sequence[Fault]]) -> dict[str, int]:
    """Check -> how many faults are found in the copy. Refuses a copy that can not be read as the data was."""
    try:
        return dict(Counter(fault.check for fault in again(folder)))
    except Refused as refusal:
        told = [replace(p, where=p.where.replace(str(folder), str(out))) for p in refusal.problems]
        what = "would not be read as the data are, so it was not written"
        raise Refused(
            [*told, Problem(str(out), what, "Are there links in the data, or paths to other folders?")]
        ) from None


def _change(root: Path, folder: Path, path: Path, mend: Mend) -> Change:
    before, after = sha256_of(root / path), sha256_of(folder / path)
    return Change(path.as_posix(), mend.check, mend.what, before, after)


def _shown(name: str) -> str:
    """A name that may be any bytes as text."""
    return name.encode("utf-8", "backslashreplace").decode()


def _before(root: Path) -> dict[str, Any]:
    """What was mended earlier, where the data are a mended copy themselves."""
    record = root / RECORD
    return {"before": read_json(record)} if record.is_file() else {}
