"""The boxes of a table, a line for each."""

from __future__ import annotations

import io
import math
from collections.abc import Set
from pathlib import Path

from hounsfield.audit.mending.sheet import Entry, Sheet
from hounsfield.formats.boxes_table import Form, form_of
from hounsfield.formats.files import read_bytes
from hounsfield.formats.table import LIMIT, Table, cell_text, decode, delimiter_of, parse_table
from hounsfield.values import refuse


def read_sheet(path: Path) -> Sheet:
    """The boxes of a file. Refuses what reading refuses, and rows that are no plain lines."""
    data = read_bytes(path, limit=LIMIT)
    text = decode(data, where=str(path))
    table = parse_table(text, str(path))
    form = form_of(table.columns)
    if form is None:
        raise refuse(path, "is no table of boxes", "Name the columns in its first line.")
    lines = io.StringIO(text, newline="").readlines()
    delimiter = delimiter_of(text)
    entries = _entries(table, form)
    cells = [lines[line - 1].rstrip("\r\n").split(delimiter) for line in table.lines]
    if any(len(row) != len(table.columns) for row in cells):
        raise refuse(path, "has delimiters or ends of lines inside of cells", "Mend its boxes by hand.")

    def edited(exchanged: Set[int], removed: Set[int]) -> bytes:
        for number in exchanged - removed:
            line = table.lines[number] - 1
            end = lines[line][len(lines[line].rstrip("\r\n")) :]
            lines[line] = delimiter.join(_exchanged(cells[number], form, entries[number])) + end
        gone = {table.lines[number] - 1 for number in removed}
        mended = "".join(line for number, line in enumerate(lines) if number not in gone)
        return data[: len(data) - len(text.encode())] + mended.encode()  # a byte order mark stays

    return Sheet(entries, edited)


def _entries(table: Table, form: Form) -> tuple[Entry, ...]:
    entries = []
    numbers = table.numbers(*(table.columns[at] for at in form.numbers))
    for line, row, values in zip(table.lines, table.rows, numbers, strict=True):
        left, top, right, bottom = values
        if form.has_size:
            right, bottom = left + right, top + bottom
        is_box = all(map(math.isfinite, values))
        entries.append(
            Entry(
                name=f"line {line}",
                picture=row[form.image] if is_box else ("no box", line),
                label=None if form.label is None else row[form.label],
                x=(min(left, right), max(left, right)),
                y=(min(top, bottom), max(top, bottom)),
                turned=tuple(axis for axis, low, high in (("x", left, right), ("y", top, bottom)) if high < low),
                is_empty=left == right or top == bottom,
                rest=[text for at, text in enumerate(row) if at not in form.numbers],
            )
        )
    return tuple(entries)


def _exchanged(cells: list[str], form: Form, entry: Entry) -> list[str]:
    """The cells of a line with the corners of its box the right way."""
    cells = list(cells)
    left, top, right, bottom = form.numbers
    for axis, low, high, edges in (("x", left, right, entry.x), ("y", top, bottom, entry.y)):
        if axis in entry.turned and form.has_size:
            cells[low], cells[high] = cell_text(edges[0]), cell_text(edges[1] - edges[0])
        elif axis in entry.turned:
            cells[low], cells[high] = cells[high], cells[low]
    return cells
