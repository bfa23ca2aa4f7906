"""Images that a file lists by name: which of a folder's images each name means, and in which part of the split."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.files import stem_of
from hounsfield.layouts.folders import all_files, is_image, part_named
from hounsfield.layouts.folders import part_of as part_within

PARTS = {
    "train": "training",
    "training": "training",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "test": "test",
    "testing": "test",
}


@dataclass(frozen=True)
class ListedImages:
    """The images of a folder, by their names with and without suffix, in lower case."""

    folder: Path
    by_name: Mapping[str, tuple[Path, ...]]

    @staticmethod
    def of(folder: Path) -> ListedImages:
        """Every image inside a folder, at any depth."""
        return ListedImages.among(filter(is_image, all_files(folder)), folder)

    @staticmethod
    def among(images: Iterable[Path], folder: Path) -> ListedImages:
        """Some images inside a folder."""
        found: dict[str, list[Path]] = defaultdict(list)
        for path in images:
            for name in {path.name.lower(), stem_of(path).lower()}:
                found[name].append(path)
        return ListedImages(folder, {name: tuple(paths) for name, paths in found.items()})

    def find(self, name: str, listed_in: Path) -> Path | None:
        """The image that a file means by a name, which may have folders in front; None where there is none.

        Of several of that name, the one in the folders that stand in front, or of the file's own part of the split, or
        in its own folder; None where that does not tell them apart. A name never leads out of the folder: it is only
        compared.
        """
        wanted = name.replace("\\", "/").strip().lower()
        found = self.by_name.get(wanted.rpartition("/")[2], ())
        behind = f"/{wanted.lstrip('./')}"
        part = part_named(stem_of(listed_in)) or part_within(listed_in, self.folder)
        ways = (
            [path for path in found if any(_place(p).endswith(behind) for p in (path, path.with_name(stem_of(path))))],
            [path for path in found if part is not None and part_within(path, self.folder) == part],
            [path for path in found if path.parent == listed_in.parent],
        )
        for left in ways:
            found = tuple(path for path in found if path in left) or found
        return found[0] if len(found) == 1 else None

    def missing(self, name: str) -> str:
        """The id of the case that a name would be of, were its image there; the whole name where that is another's."""
        stem = stem_of(Path(name))
        return name if stem.lower() in self.by_name else stem


def _place(path: Path) -> str:
    return f"/{path.as_posix().lower()}"


def part_of(path: Path) -> str | None:
    """The part of the split that a file's name says, or else its folder's: instances_val2017.json, test/a.csv."""
    for name in (path.name, path.parent.name):
        for word in re.split(r"[^a-z]+", name.lower()):
            if word in PARTS:
                return PARTS[word]
    return None


def case_ids(images: Iterable[Path], folder: Path) -> dict[Path, str]:
    """A name for each image: its own without suffix, or with folders and suffix where two would be alike."""
    paths = list(images)
    stems = Counter(stem_of(path).lower() for path in paths)
    return {
        path: stem_of(path) if stems[stem_of(path).lower()] == 1 else "_".join(path.relative_to(folder).parts)
        for path in paths
    }
