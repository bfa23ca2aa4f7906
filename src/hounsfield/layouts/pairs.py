"""A table of pairs to register: columns `fixed` and `moving` (or `Target image` and `Source image`) with file names.

Paths begin in the table's folder and stay inside, or are written out from the root of the disk. Landmarks of either
image may stand in columns of their own, as in J. Borovec's tables of histology; those of one name, or of one number,
are the same place in both images.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hounsfield.formats.files import stem_of
from hounsfield.formats.table import Table, first_row, read_table
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import files_in, is_image, is_table, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.named_files import file_named, outside
from hounsfield.layouts.points_files import points
from hounsfield.values import Case, Dataset, Lazy, Problem, Refused, Truth, refuse
from hounsfield.values.case import AND

ROLES = {"fixed": ("fixed", "target"), "moving": ("moving", "source")}
POINTS = ("landmarks", "points")
LONGEST_LINE = 64 * 1024


@dataclass(frozen=True)
class Columns:
    """Where a table of pairs has what: role -> place of its images and, where there are any, of its landmarks."""

    images: Mapping[str, int]
    points: Mapping[str, int]
    patient: int | None


@dataclass(frozen=True)
class Pairs:
    """The layout."""

    name: str = "pairs"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where a table names two images in a row and the first two are there."""
        found = _table(folder)
        if found is None:
            return None
        path, table, _ = found
        count = f"{len(table)} pair{'s' * (len(table) != 1)}"
        return Claim(0.95, f"the table {path.name} names {count} of a fixed and a moving image")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """A case for each row, FIXED__MOVING; rows whose files are missing are listed as problems."""
        found = _table(folder)
        if found is None:
            raise refuse(folder, "has no table of pairs", "Write a CSV with the columns fixed and moving.")
        path, table, columns = found
        cases: list[Case] = []
        refused: list[tuple[str, int, Problem]] = []
        used = [path]
        for row, line in zip(table.rows, table.lines, strict=True):
            try:
                where = f"{path}, line {line}"
                images = {role: file_named(row[at], path.parent, where) for role, at in columns.images.items()}
                marks = {
                    role: file_named(row[at], path.parent, where) for role, at in columns.points.items() if row[at]
                }
            except Refused as refusal:
                refused += [(_id(row, columns), line, problem) for problem in refusal.problems]
                continue
            used += [*images.values(), *marks.values()]
            patient = row[columns.patient] if columns.patient is not None else ""
            cases.append(_case(_id(row, columns), images, marks, patient))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="registration",
            task_why="each row of the table pairs a fixed image with a moving one",
            problems=_of_their_own(refused, cases),
            unclaimed=unclaimed(folder, used) if folder.is_dir() else (),
            notes=outside(used, path),
        )


LAYOUT = Pairs()


def _of_their_own(refused: Sequence[tuple[str, int, Problem]], cases: Sequence[Case]) -> tuple[Problem, ...]:
    """The problems of rows, each of a case of its own, told from others of its name by its line."""
    often = Counter([*(case.id for case in cases), *(case_id for case_id, _, _ in refused)])
    return tuple(
        replace(problem, case=case_id if often[case_id] == 1 else f"{case_id} (line {line})")
        for case_id, line, problem in refused
    )


def _id(row: Sequence[str], columns: Columns) -> str:
    return "__".join(stem_of(Path(row[columns.images[role]])) for role in ROLES)


def _case(case_id: str, images: Mapping[str, Path], marks: Mapping[str, Path], patient: str) -> Case:
    names = [stem_of(images[role]) for role in ROLES]
    inputs: dict[str, Lazy[Any]] = {role: lazies.image(images[role]) for role in ROLES}
    truths = {f"{role}_points": Truth(points(path, images[role]), of=role) for role, path in marks.items()}
    several = () if patient else tuple(dict.fromkeys(names))
    return Case(case_id, inputs, truths, patient=patient or AND.join(several), several=several)


def _table(folder: Path) -> tuple[Path, Table, Columns] | None:
    """The first table of pairs of a folder or of one right inside it, or the file itself."""
    places = [path for root in roots(folder) for path in files_in(root)] if folder.is_dir() else [folder]
    for path in filter(is_table, places):
        columns = _columns(_names(path))
        if columns is None:
            continue
        try:
            table = read_table(path)
        except Refused:
            continue
        if len(table) and all(_is_there(path, table.rows[0][at]) for at in columns.images.values()):
            return path, table, columns
    return None


def _names(path: Path) -> list[str]:
    """The names of a table's columns, from the beginning of the file alone."""
    try:
        with open(path, "rb") as file:
            return first_row(file.readline(LONGEST_LINE).decode("utf-8-sig", "replace"))
    except OSError:
        return []


def _columns(names: Sequence[str]) -> Columns | None:
    """Where the columns of a table of pairs are; None where it is none."""
    plain = [re.sub(r"[^a-z]+", " ", name.lower()).strip() for name in names]

    def place(words: tuple[str, ...], kinds: tuple[str, ...]) -> int | None:
        wanted = {f"{word} {kind}".strip() for word in words for kind in kinds}
        return next((at for at, name in enumerate(plain) if name in wanted), None)

    images = {role: place(words, ("", "image")) for role, words in ROLES.items()}
    marks = {role: place(words, POINTS) for role, words in ROLES.items()}
    there = {role: at for role, at in images.items() if at is not None}
    if len(there) < len(ROLES):
        return None
    return Columns(
        there, {r: at for r, at in marks.items() if at is not None}, place(("patient", "subject"), ("", "id"))
    )


def _is_there(table: Path, name: str) -> bool:
    try:
        return is_image(file_named(name, table.parent, ""))
    except Refused:
        return False
