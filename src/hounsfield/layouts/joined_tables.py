"""Tables joined on the column that names the cases, which is found by itself.

A row that names no case, or one that an earlier row names, is said with the case that it is of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from hounsfield.formats.table import Table
from hounsfield.layouts.absences import Named, absences, kept_apart
from hounsfield.layouts.case_tables import ID, PATIENT, Row, columns_of, part_in, plain, read_named, split_columns
from hounsfield.layouts.layout import ReadOptions
from hounsfield.values import Problem, Refused

FEW_AGAIN = 10
"""One row in so many may name a case again. Where more do, rows are no cases but visits, lesions, labels ..."""

K = TypeVar("K")
Find = Callable[[str, Path], K | None]
Ids = Callable[[str, K | None], Iterable[str]]


@dataclass(frozen=True)
class Joined(Generic[K]):
    """Rows by case, with the first table that each stands in, and what was wrong with other tables.

    keys: the columns that name the cases.  tables: those with such a column, by their files.  notes: on parts of the
    split of which nothing is there.
    """

    rows: Mapping[K, Row]
    first: Mapping[K, Path]
    keys: frozenset[str]
    tables: Mapping[Path, Table]
    problems: tuple[Problem, ...]
    notes: tuple[str, ...]

    def columns(self) -> list[str]:
        """The columns that say something of the cases."""
        return columns_of(self.rows.values(), self.keys)


@dataclass(frozen=True)
class Keyed(Generic[K]):
    """A table, and in each row the cell that names a case and the case it names. keys: the columns that do so."""

    table: Table
    keys: frozenset[str]
    cells: tuple[str, ...]
    cases: tuple[K | None, ...]

    def where(self, at: int) -> str:
        """The line of a row."""
        return f"{self.table.where}, line {self.table.lines[at]}"

    def said(self, at: int) -> dict[str, str]:
        """What a row says of its case."""
        return {n: text for n, text in zip(self.table.columns, self.table.rows[at], strict=True) if n not in self.keys}


def join(paths: Iterable[Path], find: Find[K], ids: Ids[K], options: ReadOptions) -> Joined[K]:
    """The rows of several tables by case.

    find: what a cell of a table names; None where it names no case.  ids: of the cases behind a cell and what it
    names, or the id that a case would have had which is not there.
    A table belongs here when one of its columns names cases in at least half of its rows, each once but for a few; a
    column called as such columns are may name others too.
    """
    rows: dict[K, dict[str, str]] = {}
    first: dict[K, Path] = {}
    keys: set[str] = set()
    tables: dict[Path, Table] = {}
    problems: list[Problem] = []
    named: list[Named] = []
    for path in paths:
        try:
            table = read_named(path, options.columns)
        except Refused as refusal:
            problems += refusal.problems
            continue
        keyed = _keyed(table, path, find)
        if keyed is None:
            continue
        tables[path] = table
        keys |= keyed.keys
        places, repeated = _places(keyed, ids)
        named += _named(keyed, ids, options)
        problems += [*repeated, *_add(keyed, places, rows)]
        first |= {case: path for case in places if case not in first}
    missing, notes = absences(named)
    return Joined(rows, first, frozenset(keys), tables, (*missing, *problems), notes)


def _keyed(table: Table, path: Path, find: Find[K]) -> Keyed[K] | None:
    """A table with the column that names the most cases; None where none does."""
    naming: dict[str, list[K | None]] = {}
    for at, column in enumerate(table.columns):
        found = [find(row[at], path) if row[at] else None for row in table.rows]
        cases = [case for case in found if case is not None]
        again = len(cases) - len(set(cases))
        is_named = plain(column) in (*ID, *PATIENT)
        if cases and again <= max(1, len(cases) // FEW_AGAIN) and (is_named or 2 * len(cases) >= len(found)):
            naming[column] = found
    if not naming:
        return None
    key = max(naming, key=lambda column: len(set(naming[column]) - {None}))
    keys = frozenset(column for column, found in naming.items() if found == naming[key])
    at = table.columns.index(key)
    return Keyed(table, keys, tuple(row[at] for row in table.rows), tuple(naming[key]))


def _named(keyed: Keyed[K], ids: Ids[K], options: ReadOptions) -> Iterator[Named]:
    """The case of each row, with the problem that it is not there; a row that names none is one too many."""
    splits = [name for name in split_columns(keyed.table.columns) if name not in options.ignore]
    what, remedy = "names {!r}, which is not there", "Add the case, or remove the row."
    for at, (text, case) in enumerate(zip(keyed.cells, keyed.cases, strict=True)):
        names = ids(text, None) if text and case is None else ()
        missing = [Problem(keyed.where(at), what.format(text[:80]), remedy, name) for name in names]
        if not text:
            missing = [Problem(keyed.where(at), "names no case", "Give it a name, or remove the row.")]
        yield Named(kept_apart(part_in(keyed.said(at), splits)) if text else "", tuple(missing))


def _places(keyed: Keyed[K], ids: Ids[K]) -> tuple[dict[K, int | None], list[Problem]]:
    """Case -> place of its row, None where its rows contradict each other; and a problem for each row too many."""
    first: dict[K, int] = {}
    places: dict[K, int | None] = {}
    problems: list[Problem] = []
    for at, (text, case) in enumerate(zip(keyed.cells, keyed.cases, strict=True)):
        if case is None:
            continue
        before = first.setdefault(case, at)
        names = f"names {text[:80]!r}, as line {keyed.table.lines[before]} does"
        if before == at:
            places[case] = at
        elif keyed.said(at) == keyed.said(before):
            problems.append(Problem(keyed.where(at), f"{names}, and says the same", "Remove the row."))
        else:
            places[case] = None
            what, remedy = f"{names}, and says something else", "Keep the row that is right."
            problems += [Problem(keyed.where(at), what, remedy, name) for name in ids(text, case)]
    return places, problems


def _add(keyed: Keyed[K], places: Mapping[K, int | None], rows: dict[K, dict[str, str]]) -> list[Problem]:
    """Put the rows of a table to their cases; one that says something else than a table before it is a problem."""
    contradicted: dict[str, int] = {}
    for case, at in places.items():
        row = rows.setdefault(case, {})
        if at is None:
            continue
        for column, text in keyed.said(at).items():
            if row.setdefault(column, text) != text:
                contradicted.setdefault(column, keyed.table.lines[at])
    return [
        Problem(
            keyed.table.where,
            f"has another {column!r} than a table before it, first in line {line}",
            "Keep one of the two; the first table's is taken.",
        )
        for column, line in contradicted.items()
    ]
