"""Members of a zip, read one by one; sizes are held against the archive before memory is taken."""

from __future__ import annotations

import threading
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import IO

from hounsfield.formats.files import DEFLATE_RATIO, size_of
from hounsfield.values import refuse

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
AGAIN = "Download or copy it again."
_lock = threading.Lock()


def infos_of(path: Path) -> list[zipfile.ZipInfo]:
    """What the table of contents says of each member, in the archive's order. Refuses what is no zip."""
    with _lock:
        return _opened(*_identity(Path(path))).infolist()


def list_members(path: Path) -> dict[str, int]:
    """Name -> unpacked bytes of each file in a zip, in the archive's order. Refuses what is no zip."""
    return {info.filename: info.file_size for info in infos_of(path) if not is_folder(info)}


def is_folder(info: zipfile.ZipInfo) -> bool:
    """Whether a member is a folder; `ZipInfo.is_dir` fails at a member without a name."""
    return info.filename.endswith("/")


def check_member(info: zipfile.ZipInfo, where: str) -> None:
    """Refuses a member that can not be unpacked here, or that claims to grow as nothing can."""
    if info.flag_bits & 1 or info.compress_type not in METHODS:
        raise refuse(where, "is encrypted or packed in an unusual way", "Pack it again with plain zip.")
    if info.file_size > info.compress_size * DEFLATE_RATIO + 1024:
        raise refuse(where, f"claims to unpack to {info.file_size} bytes, which can not be", AGAIN)


def read_member(path: Path, name: str, *, limit: int) -> bytes:
    """All bytes of one member. Refuses one that is missing, damaged, or larger than `limit` bytes."""
    with open_member(path, name) as (stream, size):
        if size > limit:
            raise refuse(f"{path}::{name}", f"unpacks to {size} bytes, more than {limit}", "Is it the right file?")
        return stream.read(size)


@contextmanager
def open_member(path: Path, name: str) -> Iterator[tuple[IO[bytes], int]]:
    """One member's bytes as a stream, and how many there are. Refuses it when it is missing or damaged."""
    where = f"{path}::{name}"
    with _lock:
        archive = _opened(*_identity(Path(path)))
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise refuse(where, "is not in the archive", "Check the name.") from None
    check_member(info, where)
    try:
        opened = archive.open(info)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:  # its own header is damaged
        raise refuse(where, f"is cut short or damaged ({error})", AGAIN) from None
    try:
        with opened as stream:
            yield stream, info.file_size
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError) as error:
        raise refuse(where, f"is cut short or damaged ({error})", AGAIN) from None


def _identity(path: Path) -> tuple[Path, int, int]:
    size = size_of(path)
    return path, size, path.stat().st_mtime_ns


@lru_cache(maxsize=8)
def _opened(path: Path, size: int, modified: int) -> zipfile.ZipFile:
    """The archive, kept open: its table of contents is read once, however many members follow."""
    try:
        return zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise refuse(path, f"is cut short or no zip archive ({error})", AGAIN) from None
