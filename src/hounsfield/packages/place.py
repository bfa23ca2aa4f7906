"""Whether a folder looks like a package at all; imports nothing heavy, so that it can be asked first."""

from __future__ import annotations

from pathlib import Path

from hounsfield.values import refuse

GIVE = "Give the folder that `train --out` made."


def check_place(folder: Path) -> None:
    """Refuses a folder that is missing or has no package.json; what is in it is another question."""
    if not folder.is_dir():
        raise refuse(folder, "is no package: there is no such folder", GIVE)
    index = folder / "package.json"
    if not index.is_file() and not index.is_symlink():
        raise refuse(folder, "is no package: it has no package.json", GIVE)
