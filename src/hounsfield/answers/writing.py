"""Writing so that a file or folder is there as a whole or not at all."""

from __future__ import annotations

import glob
import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from pathlib import Path
from typing import Any

from hounsfield.formats.files import NotWritten, reading, writing

UNIQUE = "[0-9a-f]" * 8
"""What `_unique` gives, as a pattern of paths."""


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; on leaving without an error it is flushed to disk and renamed to `path`.

    The suffixes are kept, since writers choose a format by them. Raises NotWritten, naming `path`; its folder has to
    be there: one that is gone, as with a network, must not be made anew somewhere else.
    """
    other = path.with_name(f".{_unique()}.{path.name}")
    try:
        with meant_for(path):
            yield other
            flush(other)
            os.replace(other, path)
    except BaseException:
        with suppress(OSError):
            other.unlink()
        raise


@contextmanager
def folder_aside(path: Path) -> Iterator[Path]:
    """A new folder beside `path` to fill; on leaving without an error it appears as `path`, by one rename.

    Raises NotWritten, naming `path`.
    """
    other = path.with_name(f".{path.name}.{_unique()}.part")
    try:
        with meant_for(path):
            other.mkdir()
            yield other
            _flush_all(other)
            os.rename(other, path)
    except BaseException:
        shutil.rmtree(other, ignore_errors=True)
        raise


@contextmanager
def files_aside(folder: Path) -> Iterator[Path]:
    """A new folder inside one to fill; on leaving without an error its files move up, once all are on the disk.

    Raises NotWritten, naming `folder`.
    """
    other = folder / f".{_unique()}.part"
    try:
        with meant_for(folder):
            other.mkdir()
            yield other
            for file in _flush_all(other):
                target = folder / file.relative_to(other)
                target.parent.mkdir(parents=True, exist_ok=True)
                os.replace(file, target)
    finally:
        shutil.rmtree(other, ignore_errors=True)


def clear_unfinished(path: Path) -> None:
    """Delete what `folder_aside` left beside a path when its process was killed; no other may be writing there."""
    for folder in path.parent.glob(f".{glob.escape(path.name)}.{UNIQUE}.part"):
        shutil.rmtree(folder, ignore_errors=True)


def clear_unfinished_in(folder: Path) -> None:
    """Delete what `files_aside` left in a folder when its process was killed; no other may be writing there."""
    for inner in folder.glob(f".{UNIQUE}.part"):
        shutil.rmtree(inner, ignore_errors=True)


def _unique() -> str:
    return uuid.uuid4().hex[:8]


def make_way(path: Path) -> None:
    """Make the folder of a path, and see that something can be written there: before minutes of work, not after them.

    Raises NotWritten, naming the path.
    """
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        other = path.with_name(f".{_unique()}.{path.name}")
        other.touch()
        other.unlink()


@contextmanager
def meant_for(path: Path) -> Iterator[None]:
    """Turns a failure to write here, or by way of another path, into NotWritten of this one."""
    try:
        with writing(path):
            yield
    except NotWritten as refusal:
        raise refusal.meant_for(path) from None


def _flush_all(folder: Path) -> list[Path]:
    """Bring everything in a folder to the disk; the files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for file in files:
        flush(file)
    return files


def flush(path: Path) -> None:
    """Ask the system to bring a file's bytes to the disk."""
    with open(path, "rb+") as file:
        os.fsync(file.fileno())


def write_text(path: Path, text: str) -> None:
    """Write a text as a whole or not at all."""
    with aside(path) as other:
        other.write_text(text, encoding="utf-8")


def write_json(path: Path, data: Any) -> None:
    """Write JSON, readable by people, as a whole or not at all."""
    write_text(path, json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n")


def append_line(path: Path, data: Any) -> None:
    """Add one line of JSON to a file and bring it to the disk; a line cut short by a crash is ended first.

    Raises NotWritten where there is no room for the whole line, and leaves none of it.
    """
    line = json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"
    with writing(path), open(path, "ab+", buffering=0) as file:
        size = file.seek(0, os.SEEK_END)
        if size:
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = "\n" + line
        try:
            _write_whole(file, line.encode())
            os.fsync(file.fileno())
        except OSError:
            with suppress(OSError):
                file.truncate(size)
            raise


def _write_whole(file: FileIO, content: bytes) -> None:
    """Write all of it: a disk that is filling up takes a part first, and says no to the rest."""
    while content:
        content = content[file.write(content) :]


def read_lines(path: Path) -> list[Any]:
    """The lines of a JSON-lines file; one that a crash cut short, or that is no text any more, is passed over."""
    if not path.exists():
        return []
    lines = []
    with reading(path):
        content = path.read_bytes()
    for line in content.splitlines():
        try:
            lines.append(json.loads(line.decode("utf-8")))
        except (ValueError, RecursionError):
            continue
    return lines
