"""Tables of measurements without images: one file a site (as UCI's heart disease), or one file for all.

A file without a line of names gets them from --columns, or c1, c2, ...; UCI's `processed.*.data` with 14 columns are
known. A column `patient` says whose row it is, `id` or `case` names it, `site` or `hospital` where, `split` which part.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.table import Table
from hounsfield.layouts.case_tables import (
    ID,
    PATIENT,
    SITE,
    check_ignored,
    check_parts,
    first_of,
    part_in,
    plain,
    read_named,
    split_columns,
)
from hounsfield.layouts.folders import all_files, files_in, is_image, is_table, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.lazies import ready
from hounsfield.layouts.targets import Target, parse_target, task_of, truths_of
from hounsfield.values import Case, Dataset, Diagnosis, Problem, Quantities, Refused, Truth, refuse
from hounsfield.values.wording import count

HEART = ("age", "sex", "cp", "trestbps", "chol", "fbs", "restecg", "thalach", "exang", "oldpeak", "slope", "ca", "thal")
HEART_COLUMNS = (*HEART, "num")
HEART_TARGET = "num>0"
HEART_PREFIX = "processed."


@dataclass(frozen=True)
class Delimited:
    """The layout."""

    name: str = "delimited"

    def detect(self, folder: Path) -> Claim | None:
        """Rather sure where there are tables and no images."""
        tables = _tables(folder)
        if not tables or (folder.is_dir() and _holds_images(folder)):
            return None
        if all(_is_heart(path) for path in tables):
            return Claim(0.9, "the tables are those of UCI's heart disease, one for each hospital")
        return Claim(0.5, f"{count(len(tables), 'table')} and no images")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """A case for each row: covariates, and the target as its truth; without a target a problem says so."""
        paths = _tables(folder)
        if not paths:
            raise refuse(folder, "holds no table (.csv, .tsv, .data)", "Name a table, or a folder with tables.")
        tables: dict[Path, Table] = {}
        problems: list[Problem] = []
        for path in paths:
            try:
                tables[path] = _read(path, options)
            except Refused as refusal:
                problems += refusal.problems
        if not tables:
            raise Refused(problems)
        target = _target(folder, tables, options, problems)
        truths = _truths(tables, target, str(folder))
        cases = [case for path, table in tables.items() for case in _cases(path, table, target, truths[path], options)]
        asked = "" if target is None else target.column if target.above is None else f"{target.column}>{target.above:g}"
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task=task_of([truth for rows in truths.values() for truth in rows]) if target else "",
            task_why=f"the target is {asked}" if target else "",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, tables) if folder.is_dir() else (),
        )


LAYOUT = Delimited()


def _tables(folder: Path) -> list[Path]:
    if folder.is_dir():
        return [path for path in files_in(folder) if is_table(path)]
    return [folder] if is_table(folder) else []


def _holds_images(folder: Path) -> bool:
    return any(map(is_image, all_files(folder)))


def _is_heart(path: Path) -> bool:
    if not path.name.startswith(HEART_PREFIX) or path.suffix != ".data":
        return False
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return len(file.readline().split(",")) == len(HEART_COLUMNS)
    except OSError:
        return False


def _read(path: Path, options: ReadOptions) -> Table:
    return read_named(path, options.columns or (HEART_COLUMNS if _is_heart(path) else ()))


def _target(folder: Path, tables: dict[Path, Table], options: ReadOptions, problems: list[Problem]) -> Target | None:
    """The target asked for, or UCI's own; None, with a problem that says how to name one, where there is none."""
    columns = next(iter(tables.values())).columns
    check_ignored(options, tables.values())
    if options.target is None and all(map(_is_heart, tables)) and columns == HEART_COLUMNS:
        return parse_target(HEART_TARGET)
    if options.target is None:
        names = ", ".join(columns[:20])
        problems.append(Problem(str(folder), "does not say what is to be told", f"Give --target, one of {names}."))
        return None
    target = parse_target(options.target)
    for path, table in tables.items():
        if target.column not in table.columns:
            known = ", ".join(table.columns)
            raise refuse(path, f"has no column {target.column!r}", f"Give --target, one of {known}.")
    return target


def _truths(
    tables: dict[Path, Table], target: Target | None, where: str
) -> dict[Path, list[Diagnosis | Quantities | None]]:
    """The truth of each row of each table; the classes are those of all tables together."""
    if target is None:
        return {path: [None] * len(table) for path, table in tables.items()}
    cells = [record[target.column] for table in tables.values() for record in table.records()]
    every = iter(truths_of(target, cells, where))
    return {path: [next(every) for _ in table.rows] for path, table in tables.items()}


def _cases(
    path: Path,
    table: Table,
    target: Target | None,
    truths: list[Diagnosis | Quantities | None],
    options: ReadOptions,
) -> list[Case]:
    site = path.stem.removeprefix(HEART_PREFIX)
    others = {*options.ignore, *([target.column] if target else [])}
    splits = [name for name in split_columns(table.columns) if name not in others]
    check_parts(table, splits)
    hidden = {name for name in table.columns if plain(name) in (*ID, *PATIENT, *SITE) or name in others}
    digits = len(str(len(table)))
    cases = []
    for number, (row, record, truth) in enumerate(zip(table.rows, table.records(), truths, strict=True), start=1):
        text = dict(zip(table.columns, row, strict=True))
        where = f"{path}, line {table.lines[number - 1]}"
        answers = {}
        if target is not None and truth is not None:
            content = f"{target.column}={text[target.column]}".encode()
            answers[target.column] = Truth(ready(truth, where, content), of="")
        cases.append(
            Case(
                id=first_of(text, ID) or f"{site}-{number:0{digits}d}",
                inputs={},
                truths=answers,
                covariates={name: value for name, value in record.items() if name not in hidden and name not in splits},
                patient=first_of(text, PATIENT),
                site=first_of(text, SITE) or site,
                split=part_in(text, splits),
            )
        )
    return cases
