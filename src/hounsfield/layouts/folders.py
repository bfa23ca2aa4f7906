"""Looking through folders: what is visible, what is an image, what nobody used, which part of a split a name says."""

from __future__ import annotations

import errno
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from hounsfield.formats.files import stem_of, suffix_of
from hounsfield.layouts.lazies import files_of
from hounsfield.layouts.presence import is_text
from hounsfield.registry.tables import FORMATS
from hounsfield.values import refuse

IMAGE_SUFFIXES = FORMATS.names()
HOLD_ANYTHING = (".h5", ".hdf5", ".npy", ".npz")  # images, but also models, features, tables
TABLE_SUFFIXES = (".csv", ".tsv", ".data")
NOTICES = ("readme", "license", "licence", "citation", "changelog")
RECORD = "mended.json"  # what `inspect --fix` changed in the copy that it lies in
DEEPEST = 50  # folders in each other: what lies deeper nobody put there to be read

PARTS = {
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


def is_visible(name: str) -> bool:
    """Whether a name is text, neither hidden nor a by-product of an operating system."""
    return not name.startswith((".", "__MACOSX")) and name != "Thumbs.db" and is_text(name)


def is_image(path: Path) -> bool:
    """Whether the name is that of an image which can be read."""
    return suffix_of(path) in IMAGE_SUFFIXES


def is_table(path: Path) -> bool:
    """Whether the name is that of a delimited table."""
    return suffix_of(path) in TABLE_SUFFIXES


def is_notice(path: Path) -> bool:
    """Whether a file speaks of the data to people: a README, a licence, what was mended."""
    return path.name.lower().startswith(NOTICES) or path.name == RECORD


def files_in(folder: Path) -> list[Path]:
    """The visible files right inside a folder, by name; none where there is no such folder."""
    return _inside(folder, os.DirEntry.is_file)


def folders_in(folder: Path) -> list[Path]:
    """The visible folders right inside a folder that can be looked into, by name; none where it is no folder.

    But for links that lead back. Those that can not be looked into, `passed_over` tells of.
    """
    inside = _inside(folder, os.DirEntry.is_dir)
    return [path for path in inside if os.access(path, os.R_OK | os.X_OK) and not _leads_back(path)]


def images_among(paths: Iterable[Path]) -> list[Path]:
    """The images among some files; those that could hold anything count where nothing else is an image."""
    images = [path for path in paths if is_image(path)]
    return [path for path in images if suffix_of(path) not in HOLD_ANYTHING] or images


def images_in(folder: Path) -> list[Path]:
    """The images right inside a folder, by name."""
    return images_among(files_in(folder))


def by_stem(paths: Iterable[Path]) -> dict[str, Path]:
    """Name without suffix -> path; of two that differ in the suffix only, the first by name."""
    found: dict[str, Path] = {}
    for path in sorted(paths):
        found.setdefault(stem_of(path), path)
    return found


def all_files(folder: Path) -> Iterator[Path]:
    """The visible files inside a folder at any depth, by name.

    Links to folders are followed, but no folder is looked into twice: links may lead back to where they are.
    Refuses folders in each other that are no arrangement of data any more.
    """
    return _walk(folder, os.path.realpath(folder))


def roots(folder: Path) -> list[Path]:
    """Where a convention may begin: the folder itself, or one of its folders (downloads often unpack into one)."""
    return [folder, *folders_in(folder)]


def common_folder(paths: Iterable[Path]) -> Path:
    """The innermost folder that all these files lie in."""
    return Path(os.path.commonpath([path.parent for path in paths]))


def ids_of(paths: Iterable[Path], folder: Path) -> dict[Path, str]:
    """A name for each file: its own without suffix, or with folders and suffix where two would be alike."""
    paths = list(paths)
    stems = Counter(stem_of(path).lower() for path in paths)
    return {
        path: stem_of(path) if stems[stem_of(path).lower()] == 1 else "_".join(path.relative_to(folder).parts)
        for path in paths
    }


def part_named(name: str) -> str | None:
    """The part of the split that a name says: train, ISIC_Training_Data, labels-val; None where it says none or two."""
    said = {PARTS[word] for word in re.split(r"[^a-z]+", name.lower()) if word in PARTS}
    return said.pop() if len(said) == 1 else None


def bare_name(name: str) -> str:
    """A folder's name in lower case without the words for a part of the split: images of train_images."""
    return "_".join(word for word in re.split(r"[ _.-]+", name.lower()) if word not in PARTS)


def part_of(path: Path, folder: Path) -> str | None:
    """The part of the split that one of the folders between a folder and a file says, the innermost first."""
    said = map(part_named, reversed(path.relative_to(folder).parts[:-1]))
    return next((part for part in said if part is not None), None)


def unclaimed(folder: Path, used: Iterable[Path]) -> tuple[str, ...]:
    """Files of a folder that no case uses, relative to it; notices such as a README are left out."""
    taken = {file for path in used for file in (files_of(path) if is_image(path) else (path,))}
    rest = [path for path in all_files(folder) if path not in taken and not is_notice(path)]
    if rest:  # by another name, through a link, they may be used after all
        parents = {path.parent: os.path.realpath(path.parent) for path in taken}
        real = {os.path.realpath(p) if os.path.islink(p) else os.path.join(parents[p.parent], p.name) for p in taken}
        rest = [path for path in rest if os.path.realpath(path) not in real]
    return tuple(path.relative_to(folder).as_posix() for path in rest)


def passed_over(folder: Path) -> tuple[list[str], dict[Path, str]]:
    """What no layout sees in a folder, at any depth.

    Names that are no text, with their bytes written out; visible folders that can not be looked into, with the reason.
    """
    names, closed, waiting = list[str](), dict[Path, str](), [str(folder)]
    while waiting:
        inner = waiting.pop()
        try:
            with os.scandir(inner) as entries:
                for entry in entries:
                    names += [] if is_text(entry.name) else [ascii(entry.name)]
                    waiting += [entry.path] if entry.is_dir(follow_symlinks=False) else []
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG and _is_seen(Path(inner).relative_to(folder)):
                closed[Path(inner)] = error.strerror or str(error)
    return sorted(names), closed


def _is_seen(path: Path) -> bool:
    """Whether layouts would look there; what a disk keeps for itself at its root is no data."""
    return all(is_visible(part) for part in path.parts) and path.parts[:1] != ("lost+found",)


def _leads_back(path: Path) -> bool:
    """Whether a link leads to a folder that it lies in."""
    return path.is_symlink() and Path(os.path.realpath(path.parent)).is_relative_to(os.path.realpath(path))


def _walk(folder: Path, real: str) -> Iterator[Path]:
    seen = {real}
    waiting = [iter([(folder, real)])]  # on each level the folders still to be looked into
    while waiting:
        inner, where = next(waiting[-1], (None, ""))
        if inner is None:
            waiting.pop()
            continue
        if len(waiting) > DEEPEST:
            raise refuse(
                folder, f"holds folders in each other, more than {DEEPEST} deep", "Name the folder of the data."
            )
        yield from files_in(inner)
        waiting.append(_unseen(inner, where, seen))


def _unseen(folder: Path, real: str, seen: set[str]) -> Iterator[tuple[Path, str]]:
    """The folders inside one that nobody has seen, each with where it really is; it is seen from then on."""
    for inner in sorted(folders_in(folder), key=lambda path: path.is_symlink()):  # a folder goes before links to it
        where = os.path.realpath(inner) if inner.is_symlink() else os.path.join(real, inner.name)
        if where not in seen:
            seen.add(where)
            yield inner, where


def _inside(folder: Path, is_kind: Callable[[os.DirEntry[str]], bool]) -> list[Path]:
    """What is visible and of a kind right inside a folder, by name; system calls are saved where they can be."""
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if is_visible(entry.name) and _is(is_kind, entry))
    except OSError:
        return []
    return [folder / name for name in names]


def _is(is_kind: Callable[[os.DirEntry[str]], bool], entry: os.DirEntry[str]) -> bool:
    try:
        return is_kind(entry)
    except OSError:  # a link that leads to itself
        return False
