"""Delimited tables (CSV, TSV, UCI's .data), with or without a line of column names.

A cell is a number, a word, or None: `?`, `NA`, `N/A`, `nan` and nothing at all say "not known". Where no
comma parts the cells, it parts the whole of a number from its fraction, in columns that are all numbers then: 10,02 is
10.02.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.files import read_bytes, writing
from hounsfield.values import MiB, refuse
from hounsfield.values.wording import count

LIMIT = 256 * MiB
DELIMITERS = (",", ";", "\t", "|")
MISSING = frozenset({"", "?", "na", "n/a", "nan"})
WITH_COMMA = re.compile(r"[+-]?\d+,\d+([eE][+-]?\d+)?")
NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?|[+-]?inf")

Cell = float | str | None


@dataclass(frozen=True)
class Table:
    """A table as text: rows of equal length, and the line of the file that each row stands on."""

    where: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.rows)

    def records(self) -> list[dict[str, Cell]]:
        """Each row as column -> number, word or None."""
        return [dict(zip(self.columns, map(cell, row), strict=True)) for row in self.rows]

    def numbers(self, *columns: str) -> list[list[float]]:
        """Each row's cells of these columns as numbers, NaN where unknown. Refuses a word, naming its line."""
        places = [self._place(column) for column in columns]
        return [[self._number(line, row, at) for at in places] for line, row in zip(self.lines, self.rows, strict=True)]

    def _place(self, column: str) -> int:
        if column not in self.columns:
            what = f"has no column {column!r}; its columns are {', '.join(self.columns)}"
            raise refuse(self.where, what, "Name the columns in its first line.")
        return self.columns.index(column)

    def _number(self, line: int, row: tuple[str, ...], at: int) -> float:
        value = cell(row[at])
        if isinstance(value, str):
            what = f"has {value!r} in the column {self.columns[at]!r}, where a number is needed"
            raise refuse(f"{self.where}, line {line}", what, "Mend the cell, or leave it empty where it is unknown.")
        return float("nan") if value is None else value


def cell(text: str) -> Cell:
    """A number, a word, or None where nothing is known."""
    text = text.strip()
    if text.lower() in MISSING:
        return None
    return float(text) if NUMBER.fullmatch(text) else text


def read_table(path: Path, columns: Sequence[str] | None = None) -> Table:
    """A table from a file; `columns` names them where the file has no line of names."""
    return parse_table(decode(read_bytes(Path(path), limit=LIMIT), where=str(path)), str(path), columns)


def decode(data: bytes, *, where: str) -> str:
    """Text from UTF-8, with or without a byte order mark. Refuses other encodings."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise refuse(f"{where}, line {line}", "is not UTF-8 text", "Save the table as CSV in UTF-8.") from None


def parse_table(text: str, where: str, columns: Sequence[str] | None = None) -> Table:
    """A table from text. Refuses rows of unequal length, naming the line."""
    if "\0" in text:
        raise refuse(where, "holds bytes that are no text", "Save the table as CSV in UTF-8.")
    delimiter = delimiter_of(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, skipinitialspace=True)
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    try:
        for fields in reader:
            if any(field.strip() for field in fields) or len(fields) > 1:
                rows.append(tuple(field.strip() for field in fields))
                numbers.append(reader.line_num)
    except csv.Error as error:
        raise refuse(f"{where}, line {reader.line_num}", f"is no table ({error})", "Check its quotes.") from None
    if not rows:
        raise refuse(where, "has no rows", "Give a table with at least one row.")
    if columns is None:
        _check_names(where, rows[0])
        names, rows, numbers = rows[0], rows[1:], numbers[1:]
    else:
        names = tuple(columns)
    for row, number in zip(rows, numbers, strict=True):
        if len(row) != len(names):
            named = ", ".join(names[:6]) + ", ..." * (len(names) > 6)
            what = f"has {count(len(row), 'field')}, not {len(names)} ({named})"
            raise refuse(f"{where}, line {number}", what, "Mend the line or name the columns as they are.")
    if delimiter != ",":
        rows = _with_points(rows)
    return Table(where, names, tuple(rows), tuple(numbers))


def _with_points(rows: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Rows whose columns of numbers with decimal commas have decimal points; other columns stay as they are."""
    columns = []
    for column in zip(*rows, strict=True):
        turned = [text.replace(",", ".") if WITH_COMMA.fullmatch(text) else text for text in column]
        are_numbers = turned != list(column) and not any(isinstance(cell(text), str) for text in turned)
        columns.append(tuple(turned) if are_numbers else column)
    return list(zip(*columns, strict=True))


def first_row(text: str) -> list[str]:
    """The fields of the first line that is not empty; none where it is no line of a table."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    try:
        return next(csv.reader([first], delimiter=delimiter_of(text), skipinitialspace=True), [])
    except csv.Error:
        return []


def has_names(text: str) -> bool:
    """Whether the first line looks like column names: words only, all different, none missing."""
    fields = first_row(text)
    return len(set(fields)) == len(fields) > 0 and all(isinstance(cell(field), str) for field in fields)


def delimiter_of(text: str) -> str:
    """The delimiter that cuts the first lines into the most fields, the same number in each if possible."""
    lines = [line for line in text.splitlines()[:32] if line.strip()][:16]

    def quality(delimiter: str) -> tuple[bool, int]:
        counts = {len(row) for row in csv.reader(lines, delimiter=delimiter, skipinitialspace=True)}
        return len(counts) == 1 and counts != {1}, max(counts, default=0)

    try:
        return max(DELIMITERS, key=quality)
    except csv.Error:
        return ","


def write_table(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Cell] | Mapping[str, Cell]]) -> None:
    """Write a table as CSV in UTF-8; None is written as nothing, numbers so that they read back equal."""
    with writing(Path(path)), open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            cells = [row[column] for column in columns] if isinstance(row, Mapping) else row
            writer.writerow([cell_text(value) for value in cells])


def cell_text(value: Cell) -> str:
    """A cell as it is written: numbers so that they read back equal, None as nothing."""
    if value is None or value != value:
        return ""
    if isinstance(value, str):
        return value
    return str(int(value)) if float(value).is_integer() and abs(value) < 1e15 else repr(float(value))


def _check_names(where: str, names: tuple[str, ...]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise refuse(where, f"has the column {twice[0]!r} twice", "Give each column a name of its own.")
