"""Writing so that a file or folder is there as a whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; on leaving without an error it is flushed to disk and renamed to `path`.

    The suffixes are kept, since writers choose a format by them.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    other = path.with_name(f".{uuid.uuid4().hex[:8]}.{path.name}")
    try:
        yield other
        flush(other)
        os.replace(other, path)
    except BaseException:
        other.unlink(missing_ok=True)
        raise


@contextmanager
def folder_aside(path: Path) -> Iterator[Path]:
    """A new folder beside `path` to fill; on leaving without an error it appears as `path`, by one rename."""
    path.parent.mkdir(parents=True, exist_ok=True)
    other = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    other.mkdir()
    try:
        yield other
        for file in other.rglob("*"):
            if file.is_file():
                flush(file)
        os.rename(other, path)
    except BaseException:
        shutil.rmtree(other, ignore_errors=True)
        raise


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
    """Add one line of JSON to a file and bring it to the disk; a line cut short by a crash is ended first."""
    line = json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n"
    with open(path, "ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            if file.read(1) != b"\n":
                line = "\n" + line
        file.write(line.encode())
        file.flush()
        os.fsync(file.fileno())


def read_lines(path: Path) -> list[Any]:
    """The lines of a JSON-lines file; one that a crash cut short is passed over."""
    if not path.exists():
        return []
    lines = []
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            lines.append(json.loads(line))
        except json.JSONDecodeError:
            continue
    return lines
