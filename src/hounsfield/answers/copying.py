"""A folder once more elsewhere: what is copied and what is not, whether there is room, and the copying."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.values import MiB, refuse

SPARE = 64 * MiB
"""So much of a disk is left free."""


@dataclass(frozen=True)
class Inventory:
    """What a folder holds, by paths relative to it.

    files: with their sizes; a link to a file inside the folder counts as that file.  folders: each after the one that
    it lies in.  left_out: what is not copied, each with the reason.
    """

    root: Path
    files: Mapping[Path, int]
    folders: tuple[Path, ...]
    left_out: Mapping[Path, str]

    @property
    def nbytes(self) -> int:
        """Bytes of all files."""
        return sum(self.files.values())


def inventory(root: Path) -> Inventory:
    """Everything in a folder, hidden or not; links are never followed out of it. Refuses a folder that is closed."""
    files: dict[Path, int] = {}
    folders: list[Path] = []
    left_out: dict[Path, str] = {}
    real_root = os.path.realpath(root)
    waiting = [Path()]
    while waiting:
        folder = waiting.pop()
        for entry in _entries(root / folder):
            path = folder / entry.name
            if entry.is_dir(follow_symlinks=False):
                folders.append(path)
                waiting.append(path)
            elif why := _why_not(entry, real_root):
                left_out[path] = why
            else:
                files[path] = entry.stat().st_size
    return Inventory(root, files, tuple(folders), left_out)


def check_room(inventory: Inventory, out: Path) -> None:
    """Refuses a disk that has no room for all files."""
    place = next(folder for folder in (out, *out.absolute().parents) if folder.is_dir())
    needed, free = inventory.nbytes + SPARE, shutil.disk_usage(place).free
    if free < needed:
        what = f"needs {needed // MiB} MiB, and its disk has {free // MiB} MiB left"
        raise refuse(out, what, "Make room, or name a folder on another disk.")


def copy_into(folder: Path, inventory: Inventory, copied: Callable[[int], None]) -> None:
    """Copy everything into an empty folder. copied: told the bytes that are done."""
    for inner in inventory.folders:
        (folder / inner).mkdir()
    done = 0
    for path, size in inventory.files.items():
        copied(done)
        _copy(inventory.root / path, folder / path)
        done += size
    copied(done)


def _copy(file: Path, to: Path) -> None:
    try:
        shutil.copyfile(file, to)
    except OSError as error:
        if error.filename != str(file):
            raise
        raise refuse(file, f"can not be read ({error.strerror})", "Check its permissions, or take it out.") from None


def _entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            yield from sorted(entries, key=lambda entry: entry.name)
    except OSError as error:
        raise refuse(folder, f"can not be read ({error.strerror})", "Check its permissions.") from None


def _why_not(entry: os.DirEntry[str], real_root: str) -> str:
    """Why what is no folder is not copied; nothing where it is a file inside the folder."""
    try:
        kind = entry.stat().st_mode
    except OSError:
        return "is a link that leads nowhere" if entry.is_symlink() else "can not be read"
    if entry.is_symlink() and not Path(os.path.realpath(entry.path)).is_relative_to(real_root):
        return "is a link that leads out of the folder"
    if stat.S_ISDIR(kind):
        return "is a link to a folder"
    return "" if stat.S_ISREG(kind) else "is no regular file"
