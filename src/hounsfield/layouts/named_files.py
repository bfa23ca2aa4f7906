"""Files that a table names by their paths: which they are, and which of them lie outside of its folder."""

from __future__ import annotations

import os
from collections.abc import Iterable
from os.path import isfile
from pathlib import Path

from hounsfield.values import refuse


def file_named(text: str, folder: Path, where: str) -> Path:
    """The file of a path that begins in the table's folder, or is written out from the root of the disk.

    Raises Refused for what is not there, and for what leads out of the folder by `..`, which may be a slip; nobody
    writes a whole path by mistake.
    """
    path = Path(os.path.normpath(text)) if text else Path()
    if path.parts[:1] == ("..",):
        remedy = "Keep the files beside the table, or write out the whole path."
        raise refuse(where, f"names {text[:80]!r}, which leads out of the table's folder", remedy)
    if not text or not isfile(folder / path):
        raise refuse(where, f"names {text[:80]!r}, which is not there", "Add the file, or mend the path.")
    return folder / path


def outside(files: Iterable[Path], table: Path) -> tuple[str, ...]:
    """A note on the files that lie outside of the table's folder; none where there are no such."""
    found = sorted({path for path in files if not path.is_relative_to(table.parent)})
    number = f"{len(found)} file{'s' * (len(found) != 1)}"
    return (f"{table}: names {number} outside of its folder, {found[0]} first",) if found else ()
