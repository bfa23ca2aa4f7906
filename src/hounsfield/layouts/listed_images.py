"""Images that a file lists by name: which of a folder's images each name means, and in which part of the split."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from hounsfield.formats.files import stem_of
from hounsfield.layouts.absences import Named, absences, kept_apart
from hounsfield.layouts.folders import all_files, is_image, part_named, part_of
from hounsfield.values import Problem

Missing = tuple[Path, str, Path]
"""A list, a name in it that is of no use, and where its image lies or would lie."""


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
        part = self.part_of_list(listed_in)
        ways = (
            [path for path in found if any(_place(p).endswith(behind) for p in (path, path.with_name(stem_of(path))))],
            [path for path in found if part is not None and part_of(path, self.folder) == part],
            [path for path in found if path.parent == listed_in.parent],
        )
        for left in ways:
            found = tuple(path for path in found if path in left) or found
        return found[0] if len(found) == 1 else None

    def part_of_list(self, path: Path) -> str | None:
        """The part of the split that a list's name says, or else its folder's: instances_val2017.json, test/a.csv."""
        return part_named(path.name) or part_of(path, self.folder)

    def split_of(self, image: Path, listed_in: Path, lists: Sequence[Path]) -> str | None:
        """The part of the split of an image that a list names: that of its list, of several; else of its folders."""
        said = self.part_of_list(listed_in) if len(lists) > 1 else None
        return said or part_of(image, self.folder)

    def place_of(self, name: str) -> Path:
        """Where an image that is not there would lie, by the name that a list gives it; never outside the folder."""
        parts = PurePosixPath(name.replace("\\", "/").strip()).parts
        return self.folder.joinpath(*(part for part in parts if part not in ("/", "..") and ":" not in part))

    def besides(self, listed: Container[Path]) -> list[Path]:
        """The images that no list names."""
        every = {path for paths in self.by_name.values() for path in paths}
        return [path for path in sorted(every) if path not in listed]

    def absences(
        self, missing: Sequence[Missing], ids: Mapping[Path, str], splits: Iterable[str | None], lists: Sequence[Path]
    ) -> tuple[list[Problem], tuple[str, ...]]:
        """The problems of images that can not be told, and a note for each part of the split of which none is there.

        splits: of the images that lists name and that are there.
        """
        named = [Named(kept_apart(split)) for split in splits]
        for one in missing:
            path, _, place = one
            named.append(Named(kept_apart(self.split_of(place, path, lists)), (_not_there(one, ids),)))
        return absences(named)

    def missing(self, name: str) -> str:
        """The id of the case that a name would be of, were its image there; the whole name where that is another's."""
        stem = stem_of(Path(name))
        return name if stem.lower() in self.by_name else stem


def unread(others: Iterable[Path], ids: Mapping[Path, str]) -> list[Problem]:
    """One problem for each image that no list names, where a list can not be read: that one may name it."""
    what, remedy = "is in no list that can be read", "Mend the list, or remove the image."
    return [Problem(str(path), what, remedy, ids[path]) for path in others]


def _not_there(missing: Missing, ids: Mapping[Path, str]) -> Problem:
    """The problem of an image that a list names and that can not be told."""
    path, name, place = missing
    what = f"lists {name[:80]}, which is not there, or several times"
    return Problem(str(path), what, "Add it, or shorten the list.", ids[place])


def _place(path: Path) -> str:
    return f"/{path.as_posix().lower()}"
