"""Looking through folders: what is visible, what is an image, what nobody used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from hounsfield.formats.files import stem_of, suffix_of
from hounsfield.layouts.lazies import files_of
from hounsfield.registry.tables import FORMATS

IMAGE_SUFFIXES = FORMATS.names()
TABLE_SUFFIXES = (".csv", ".tsv", ".data")
NOTICES = ("readme", "license", "licence", "citation", "changelog")


def is_visible(path: Path) -> bool:
    """Whether a name is neither hidden nor a by-product of an operating system."""
    return not path.name.startswith((".", "__MACOSX")) and path.name != "Thumbs.db"


def is_image(path: Path) -> bool:
    """Whether the name is that of an image which can be read."""
    return suffix_of(path) in IMAGE_SUFFIXES


def is_table(path: Path) -> bool:
    """Whether the name is that of a delimited table."""
    return suffix_of(path) in TABLE_SUFFIXES


def files_in(folder: Path) -> list[Path]:
    """The visible files right inside a folder, by name; none where there is no such folder."""
    return sorted(path for path in _entries(folder) if path.is_file())


def folders_in(folder: Path) -> list[Path]:
    """The visible folders right inside a folder, by name; none where there is no such folder."""
    return sorted(path for path in _entries(folder) if path.is_dir())


def images_in(folder: Path) -> list[Path]:
    """The images right inside a folder, by name."""
    return [path for path in files_in(folder) if is_image(path)]


def by_stem(paths: Iterable[Path]) -> dict[str, Path]:
    """Name without suffix -> path; of two that differ in the suffix only, the first by name."""
    found: dict[str, Path] = {}
    for path in sorted(paths):
        found.setdefault(stem_of(path), path)
    return found


def all_files(folder: Path) -> Iterator[Path]:
    """The visible files inside a folder at any depth, by name; links to folders are not followed."""
    yield from files_in(folder)
    for inner in folders_in(folder):
        if not inner.is_symlink():
            yield from all_files(inner)


def roots(folder: Path) -> list[Path]:
    """Where a convention may begin: the folder itself, or one of its folders (downloads often unpack into one)."""
    return [folder, *folders_in(folder)]


def unclaimed(folder: Path, used: Iterable[Path]) -> tuple[str, ...]:
    """Files of a folder that no case uses, relative to it; notices such as a README are left out."""
    files = [file for path in used for file in (files_of(path) if is_image(path) else (path,))]
    taken = {path.resolve() for path in files}
    rest = (path for path in all_files(folder) if path.resolve() not in taken)
    return tuple(p.relative_to(folder).as_posix() for p in rest if not p.name.lower().startswith(NOTICES))


def _entries(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if is_visible(path)]
    except OSError:
        return []
