"""A zip unpacked into a folder, after all its members were looked at: nothing lands outside, nothing is without end."""

from __future__ import annotations

import re
import shutil
import stat
import unicodedata
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path, PurePosixPath

from hounsfield.formats.files import leaves_its_folder, size_of, writing
from hounsfield.formats.zipped import check_member, infos_of, is_folder, open_member
from hounsfield.values import MiB, refuse

UNSUSPECTED = 128 * MiB
MOST_GROWTH = 200
"""Beyond UNSUSPECTED bytes an archive that grows by more than this factor is taken for a bomb: images never do."""

DEEPEST = 100  # folders in each other: no archive of data has as many, and Python's ways to make them do not get there
BLOCK = 4096  # bytes that a file takes on most disks, however small
DRIVE = re.compile(r"[A-Za-z]:")
TRUST = "If you trust it, unpack it yourself and name the folder."


Watch = Callable[[int, int], None]
"""Is told how many bytes are unpacked (or files looked into), and of how many."""


def nobody(done: int, total: int) -> None:
    """A watch that looks away."""


def unpack_zip(path: Path, folder: Path, *, watch: Watch = nobody) -> None:
    """Unpack a zip into a folder that is there and empty.

    Refuses, before anything is written, members that would lie elsewhere, links and devices, names that differ in
    upper and lower case only, folders without end, encryption, bombs, and what does not fit on the disk.
    """
    infos = infos_of(path)
    if any(info.filename.count("/") > DEEPEST for info in infos):
        raise refuse(path, f"holds folders in each other, more than {DEEPEST} deep", TRUST)
    for info in infos:
        _check_name(info, f"{path}::{info.filename}")
    files = [info for info in infos if not is_folder(info)]
    _check_clashes(path, [info.filename for info in files])
    for info in files:
        check_member(info, f"{path}::{info.filename}")
    _check_size(path, files, folder)
    done, total = 0, sum(info.file_size for info in files)
    for info in files:
        target = folder.joinpath(*PurePosixPath(info.filename).parts)
        with open_member(path, info.filename) as (stream, _), writing(target):
            target.parent.mkdir(parents=True, exist_ok=True)
            with open(target, "xb") as file:
                while block := stream.read(MiB):
                    file.write(block)
                    done += len(block)
                    watch(done, total)


def _check_name(info: zipfile.ZipInfo, where: str) -> None:
    name = info.filename.removesuffix("/")
    if leaves_its_folder(name) or DRIVE.match(name):
        raise refuse(where, "would be unpacked outside of the archive's folder", "Do not trust this archive.")
    if stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG, stat.S_IFDIR):
        raise refuse(where, "is a link or a device, not a file", "Pack the files themselves.")


def _check_clashes(path: Path, names: Iterable[str]) -> None:
    """Refuses two names that some systems take for one, and a file that is a folder for another."""
    seen: dict[str, str] = {}
    for name in names:
        if _key(name) in seen:
            what = f"has a name that {seen[_key(name)]!r} has too, on systems that do not tell upper from lower case"
            raise refuse(f"{path}::{name}", what, "Rename one of the two.")
        seen[_key(name)] = name
    for name in seen.values():
        parents = [str(parent) for parent in PurePosixPath(name).parents]
        clash = next((seen[_key(parent)] for parent in parents if _key(parent) in seen), None)
        if clash is not None:
            raise refuse(f"{path}::{clash}", f"is a file, and the folder of {name!r} too", "Rename one of the two.")


def _key(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


def _check_size(path: Path, files: Iterable[zipfile.ZipInfo], folder: Path) -> None:
    sizes = [info.file_size for info in files]
    if sum(sizes) > max(UNSUSPECTED, MOST_GROWTH * size_of(path)):
        what = f"unpacks to {sum(sizes) // MiB} MiB, more than {MOST_GROWTH} times its size"
        raise refuse(path, what, TRUST)
    needed = sum(size + BLOCK for size in sizes) + 64 * MiB
    if shutil.disk_usage(folder).free < needed:
        remedy = "Make room there, or unpack it elsewhere and name the folder."
        raise refuse(path, f"needs {needed // MiB} MiB to be unpacked, more than is free at {folder.parent}", remedy)
