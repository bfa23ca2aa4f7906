"""Tables whose rows speak of cases: what they say of each.

The question asked of a table is its --target; without one, the only column that says yes or no of every case.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from hounsfield.formats.files import read_bytes
from hounsfield.formats.table import LIMIT, Cell, Table, cell, decode, first_row, has_names, parse_table
from hounsfield.layouts.folders import PARTS
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.lazies import ready
from hounsfield.layouts.targets import Target, parse_target, task_of, truths_of
from hounsfield.values import Truth, refuse

ID = ("id", "case", "case_id")
PATIENT = (
    "patient", "patient_id", "patientid", "subject", "subject_id", "subjectid", "participant", "participant_id",
)  # fmt: skip
SITE = ("site", "hospital")
SPLIT = ("split", "part", "partition", "subset")
UNKNOWN = "unknown"
YES_NO = (frozenset({"0", "1"}), frozenset({"no", "yes"}), frozenset({"false", "true"}))

K = TypeVar("K")
Row = Mapping[str, str]  # column -> text as it stands


@dataclass(frozen=True)
class Said:
    """What a row says of its case."""

    truths: Mapping[str, Truth]
    covariates: Mapping[str, Cell]
    patient: str = ""
    site: str = ""
    split: str | None = None


NOTHING = Said({}, {})


@dataclass(frozen=True)
class Told(Generic[K]):
    """What rows say of their cases, and the task that this is for; none where no question is asked."""

    said: Mapping[K, Said]
    task: str = ""
    task_why: str = ""

    def of(self, case: K) -> Said:
        """What is said of a case; nothing where it has no row."""
        return self.said.get(case, NOTHING)


def read_named(path: Path, columns: Sequence[str] = ()) -> Table:
    """A table with its own names, with those given, or, where it has no line of names, with c1, c2, ..."""
    text = decode(read_bytes(path, limit=LIMIT), where=str(path))
    if columns or has_names(text):
        return parse_table(text, str(path), columns or None)
    return parse_table(text, str(path), [f"c{number}" for number in range(1, len(first_row(text)) + 1)] or None)


def told_by(
    rows: Mapping[K, Row],
    options: ReadOptions,
    *,
    tables: Iterable[Table],
    where: str,
    of: str,
    hidden: Collection[str] = (),
) -> Told[K]:
    """What rows say of their cases.

    tables: where the rows stand.  hidden: columns that say nothing of the cases.  of: the role that a truth lies on.
    Raises Refused for a target that no table has, or that is no question, and for a split that is not understood.
    """
    tables = tuple(tables)
    check_ignored(options, tables)
    columns = columns_of(rows.values(), hidden)
    target = _target(rows.values(), columns, options, where)
    others = {*options.ignore, *([target.column] if target else [])}
    splits = [name for name in split_columns(columns) if name not in others]
    for table in tables:
        check_parts(table, splits)
    others.update(splits)
    kept = [name for name in columns if name not in others and plain(name) not in (*ID, *PATIENT, *SITE)]
    truths = _truths(rows, target, of, where)
    said = {}
    for case, row in rows.items():
        said[case] = Said(
            truths=truths.get(case, {}),
            covariates={name: known(row.get(name, "")) for name in kept},
            patient=first_of(row, PATIENT),
            site=first_of(row, SITE),
            split=part_in(row, splits),
        )
    if target is None:
        return Told(said)
    asked = target.column if target.above is None else f"{target.column}>{target.above:g}"
    answers = [truth.answer.load() for named in truths.values() for truth in named.values()]
    return Told(said, task_of(answers), f"the target is {asked}")


def check_ignored(options: ReadOptions, tables: Iterable[Table]) -> None:
    """Refuses a column to be ignored that no table has: what is not ignored would be learnt from."""
    known = list(dict.fromkeys(name for table in tables for name in table.columns))
    for name in options.ignore:
        if name not in known:
            remedy = f"Columns are {', '.join(known[:20])}." if known else "Leave it out."
            raise refuse(f"--ignore {name}", "is no column of a table here", remedy)


def known(text: str) -> Cell:
    """A number, a word, or None where nothing is known, which people say by `unknown` too."""
    return None if text.lower() == UNKNOWN else cell(text)


def split_columns(columns: Iterable[str]) -> list[str]:
    """The columns that say in which part of the split each case is, by their names."""
    return [name for name in columns if plain(name) in SPLIT]


def check_parts(table: Table, columns: Collection[str]) -> None:
    """Refuses a word for no part of a split, and a row with two parts.

    A split that is given and not understood must not be lost: another would be drawn, and its test cases learnt from.
    """
    for line, texts in zip(table.lines, table.rows, strict=True):
        where = f"{table.where}, line {line}"
        row = {name: text for name, text in zip(table.columns, texts, strict=True) if name in columns}
        for name, text in row.items():
            if known(text) is not None and text.lower() not in PARTS:
                remedy = f"Write one of {', '.join(PARTS)}, or leave it empty; --ignore {name} if it is no split."
                raise refuse(where, f"has the {name} {text!r}", remedy)
        if len(set(_parts_in(row, columns))) > 1:
            raise refuse(where, f"says two parts of the split ({', '.join(row.values())})", "Keep one of the columns.")


def part_in(row: Row, columns: Collection[str]) -> str | None:
    """The part of the split that a row says in one of these columns."""
    return next(_parts_in(row, columns), None)


def columns_of(rows: Iterable[Row], hidden: Collection[str]) -> list[str]:
    """The columns of some rows, without those that say nothing of the cases."""
    return [name for name in dict.fromkeys(column for row in rows for column in row) if name not in hidden]


def questions(rows: Iterable[Row], hidden: Collection[str] = ()) -> list[str]:
    """The columns that say yes or no of the cases, both occurring."""
    values: dict[str, set[str]] = {}
    for row in rows:
        for name, text in row.items():
            if name not in hidden and known(text) is not None:
                values.setdefault(name, set()).add(text.lower().removesuffix(".0"))
    return [name for name, found in values.items() if found in YES_NO]


def plain(column: str) -> str:
    """A column's name as the lists above have it: patient_id of `Patient ID`."""
    return re.sub(r"[^a-z0-9]+", "_", column.lower()).strip("_")


def first_of(row: Row, names: Collection[str]) -> str:
    """The text of the first column that is called like one of these and holds any."""
    return next((text for column, text in row.items() if plain(column) in names and text), "")


def _target(rows: Collection[Row], columns: Sequence[str], options: ReadOptions, where: str) -> Target | None:
    """The target asked for; without one, the only question of yes or no."""
    if options.target is None:
        named = [name for name in columns if plain(name) in (*ID, *PATIENT, *SITE, *SPLIT)]
        found = [name for name in questions(rows, {*named, *options.ignore}) if name in columns]
        return Target(found[0]) if len(found) == 1 else None
    target = parse_target(options.target)
    if target.column not in columns:
        raise refuse(where, f"has no column {target.column!r}", f"Give --target, one of {', '.join(columns)}.")
    return target


def _truths(rows: Mapping[K, Row], target: Target | None, of: str, where: str) -> dict[K, dict[str, Truth]]:
    """The answers to the question, of the cases that have one."""
    if target is None:
        return {}
    texts = [row.get(target.column, "") for row in rows.values()]
    answers = truths_of(target, list(map(known, texts)), where)
    truths: dict[K, dict[str, Truth]] = {}
    for case, text, answer in zip(rows, texts, answers, strict=True):
        if answer is not None:
            value = ready(answer, f"{where}, column {target.column}", f"{target.column}={text}".encode())
            truths[case] = {target.column: Truth(value, of=of)}
    return truths


def _parts_in(row: Row, columns: Collection[str]) -> Iterator[str]:
    return (PARTS[text] for name in columns if (text := row.get(name, "").lower()) in PARTS)
