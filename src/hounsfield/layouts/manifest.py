"""A CSV manifest: a row for each case, with the files of its inputs and truths in columns of their own.

    case,t1,flair,mask,patient,site,split,age
    001,scans/001_t1.nii.gz,scans/001_flair.nii.gz,masks/001.nii.gz,A,north,train,61

`case` (or `id`) is taken as text; where there is no such column and two or more name files, the first image names the
case. A column of image files is an input of that role, or, with a word for masks in its
name, a label map; `boxes` (VOC's .xml or our .csv) and `points` (in any format) are truths too; `patient`, `site` and
`split` are what they say, all else are covariates. Paths begin in the manifest's folder and stay inside; what lies
elsewhere has to be written out from the root of the disk, so that it is on purpose: a path that leads out by `..` is
refused.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from os.path import isfile
from pathlib import Path
from typing import Any

from hounsfield.formats import boxes_csv, boxes_voc
from hounsfield.formats.files import sha256_of, stem_of, suffix_of
from hounsfield.formats.table import Table
from hounsfield.layouts import lazies
from hounsfield.layouts.case_tables import ID, Row, first_of, questions, read_named, told_by
from hounsfield.layouts.folders import files_in, is_image, is_table, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import is_mask
from hounsfield.layouts.mask_values import meaning_of
from hounsfield.layouts.points_files import ending_of, points
from hounsfield.values import Boxes, Case, Dataset, Lazy, Problem, Refused, Truth, refuse

PLAIN = ("file", "filename", "filepath", "image", "image_path", "img", "path", "scan")
BOXES = ("boxes", "bboxes")
POINTS = ("points", "landmarks", "keypoints")
TASKS = {"mask": "segmentation", "boxes": "detection", "points": "landmarks"}
FEW = 8  # rows whose files are looked for, to tell a manifest from other tables


@dataclass(frozen=True)
class Columns:
    """What the columns of a manifest are: inputs, and truths of each kind."""

    inputs: tuple[str, ...]
    truths: dict[str, str]  # column -> mask, boxes or points

    @property
    def task(self) -> str:
        """What the truths are for, where all are for the same."""
        tasks = {TASKS[kind] for kind in self.truths.values()}
        return tasks.pop() if len(tasks) == 1 else ""

    def role(self, column: str) -> str:
        """The role of an input."""
        return "image" if len(self.inputs) == 1 and column.lower() in PLAIN else column


@dataclass(frozen=True)
class Listed:
    """A row of a manifest, with its files that are there by column."""

    row: Row
    files: dict[str, Path]


@dataclass(frozen=True)
class Manifest:
    """The layout."""

    name: str = "manifest"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where a table names files that are there, and its cases or files of several kinds."""
        table = manifest_of(folder)
        if table is None:
            return None
        columns = _columns(table, ())
        rows = [dict(zip(table.columns, row, strict=True)) for row in table.rows]
        is_asked = not columns.truths and len(questions(rows, _hidden(table))) == 1
        named = ", ".join((*columns.inputs, *columns.truths))
        why = f"{Path(table.where).name} names the files of each case ({named})"
        return Claim(0.9, why, "diagnosis" if is_asked else columns.task)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases as the rows say; rows that name a missing file are problems, and without an input left out."""
        table = manifest_of(folder)
        if table is None:
            raise refuse(folder, "has no manifest", "Give a CSV with a column `case` and columns of image files.")
        columns = _columns(table, options.ignore)
        if not columns.inputs:
            raise refuse(table.where, "has no column of images left", "Ignore fewer columns.")
        listed, problems = _listed(table, columns)
        rows = {case_id: one.row for case_id, one in listed.items()}
        of = columns.role(columns.inputs[0])
        told = told_by(rows, options, tables=[table], where=table.where, of=of, hidden=_hidden(table))
        read = {column: _reader(kind, column, listed.values()) for column, kind in columns.truths.items()}
        cases = []
        for case_id, one in listed.items():
            images = {columns.role(name): one.files[name] for name in columns.inputs if name in one.files}
            first, image = next(iter(images.items()))
            truths = {name: Truth(read[name](one.files[name], image), of=first) for name in read if name in one.files}
            inputs = {role: lazies.image(path) for role, path in images.items()}
            said = told.of(case_id)
            answers = {**truths, **said.truths}
            cases.append(Case(case_id, inputs, answers, said.covariates, said.patient, said.site, said.split))
        by_files = bool(columns.truths) and options.target is None
        used = [Path(table.where), *(path for one in listed.values() for path in one.files.values())]
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task=columns.task if by_files else told.task,
            task_why=f"the manifest has {', '.join(columns.truths)} of the cases" if by_files else told.task_why,
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used) if folder.is_dir() else (),
        )


LAYOUT = Manifest()


def manifest_of(folder: Path) -> Table | None:
    """The manifest that is named, or the first that lies in a folder."""
    for path in files_in(folder) if folder.is_dir() else [folder]:
        if not is_table(path):
            continue
        try:
            table = read_named(path)
        except Refused:
            continue
        columns = _columns(table, ())
        is_one = any(name.lower() in ID for name in table.columns) or len(columns.inputs) + len(columns.truths) > 1
        if is_one and _names_files(table):
            return table
    return None


def _names(table: Table, columns: Columns) -> list[str]:
    """The name of each row's case: what its column says, else that of its first image."""
    rows = [dict(zip(table.columns, texts, strict=True)) for texts in table.rows]
    if any(name.lower() in ID for name in table.columns):
        return [first_of(row, ID) for row in rows]
    images = [Path(next((row[column] for column in columns.inputs if row[column]), "")) for row in rows]
    stems = Counter(map(stem_of, images))
    return [
        stem_of(path) if stems[stem_of(path)] == 1 else "_".join((*path.parent.parts, stem_of(path))).strip("_/")
        for path in images
    ]


def _names_files(table: Table) -> bool:
    """Whether some of the first rows name images that are there."""
    inputs = _columns(table, ()).inputs
    texts = [text for row in table.rows[:FEW] for name, text in zip(table.columns, row, strict=True) if name in inputs]
    return any(isfile(Path(table.where).parent / text) for text in texts if text)


def _columns(table: Table, ignore: tuple[str, ...]) -> Columns:
    """The columns that hold nothing but names of files of a kind."""
    inputs: list[str] = []
    truths: dict[str, str] = {}
    for at, name in enumerate(table.columns):
        paths = [Path(row[at]) for row in table.rows if row[at]]
        if not paths or name.lower() in ID or name in ignore:
            continue
        suffixes = set(map(suffix_of, paths))
        if name.lower() in BOXES and suffixes <= {".xml", ".csv"}:
            truths[name] = "boxes"
        elif name.lower() in POINTS and all(map(ending_of, paths)):
            truths[name] = "points"
        elif all(map(is_image, paths)):
            if is_mask(name):
                truths[name] = "mask"
            else:
                inputs.append(name)
    return Columns(tuple(inputs), truths)


def _hidden(table: Table) -> set[str]:
    """The columns that say nothing about a case: its name, and its files."""
    files = _columns(table, ())
    return {*files.inputs, *files.truths, *(name for name in table.columns if name.lower() in ID)}


def _listed(table: Table, columns: Columns) -> tuple[dict[str, Listed], list[Problem]]:
    """Case -> row, and what is wrong with others.

    Raises Refused for two rows of one name, and paths that lead out of the folder.
    """
    listed: dict[str, Listed] = {}
    lines: dict[str, int] = {}
    problems: list[Problem] = []
    for name, texts, line in zip(_names(table, columns), table.rows, table.lines, strict=True):
        where = f"{table.where}, line {line}"
        row = dict(zip(table.columns, texts, strict=True))
        if not name:
            problems.append(Problem(where, "names no case", "Give it a name."))
            continue
        _check(name, where, lines.get(name))
        lines[name] = line
        named = {column: row[column] for column in (*columns.inputs, *columns.truths) if row[column]}
        paths = {column: _inside(text, Path(table.where).parent, where) for column, text in named.items()}
        missing = [column for column, path in paths.items() if not isfile(path)]
        for column in missing:
            what = f"names {named[column][:80]!r}, which is not there"
            problems.append(Problem(where, what, "Add the file, or mend the path.", name))
        files = {column: path for column, path in paths.items() if column not in missing}
        if not set(files) & set(columns.inputs) and not missing:
            problems.append(Problem(where, f"names no image of {name!r}", "Name its files, or remove the row.", name))
        elif not set(missing) & set(columns.inputs):
            listed[name] = Listed(row, files)
    return listed, problems


def _check(name: str, where: str, before: int | None) -> None:
    if before is not None:
        what = f"names the case {name!r}, as line {before} does"
        raise refuse(where, what, "Give each case one row and a name of its own.")


def _inside(text: str, folder: Path, where: str) -> Path:
    """The file of a path. Raises Refused for one that leads out of the folder by `..`."""
    path = Path(os.path.normpath(text))
    if path.parts[:1] == ("..",):
        remedy = "Keep the files beside the manifest, or write out the whole path."
        raise refuse(where, f"names {text!r}, which leads out of the manifest's folder", remedy)
    return folder / path


def _reader(kind: str, column: str, listed: Iterable[Listed]) -> Callable[[Path, Path], Lazy[Any]]:
    """What makes the truth of a column from its file and the image that it lies on."""
    if kind == "points":
        return points
    if kind == "boxes":
        return _boxes
    names, convert = meaning_of([one.files[column] for one in listed if column in one.files])
    return lambda path, image: lazies.labels_on(path, image, names, convert=convert)


def _boxes(path: Path, image: Path) -> Lazy[Boxes]:
    def load() -> Boxes:
        grid = lazies.format_of(image).read_grid(image)
        return boxes_csv.read_boxes(path, grid) if suffix_of(path) == ".csv" else boxes_voc.read_boxes(path, grid=grid)

    return Lazy(Boxes, str(path), load, lambda: sha256_of(path))
