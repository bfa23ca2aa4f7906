"""Boxes: exchanged corners are exchanged back, those without width or height and second ones of an object left out.

Files are changed where a box stands and nowhere else. Not touched are boxes outside of their image and those counted
from one, two of which the files say different things beside their corners, and the only box of an image: without it
the image would say that it holds nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hounsfield.audit.checks.boxes import TWICE, Drawn, wrong_boxes
from hounsfield.audit.mending import sheet_coco, sheet_table, sheet_voc
from hounsfield.audit.mending.mend import Mend
from hounsfield.audit.mending.sheet import Entry, Sheet
from hounsfield.audit.wording import listed
from hounsfield.formats.files import writing
from hounsfield.ops.boxes import doubles
from hounsfield.values import Boxes, Dataset, Refused, refuse

SHEETS: Mapping[str, Callable[[Path], Sheet]] = {
    ".xml": sheet_voc.read_sheet,
    ".json": sheet_coco.read_sheet,
    **dict.fromkeys((".csv", ".tsv", ".data"), sheet_table.read_sheet),
}


def mends(measured: Mapping[str, list[Drawn]], dataset: Dataset) -> Iterator[Mend]:
    """A change of each file whose boxes are wrong, or could not be read, in a way that can be mended."""
    files = dict.fromkeys(
        file
        for case in dataset
        if case.id not in measured or any(any(wrong_boxes(drawn)) for drawn in measured[case.id])
        for truth in case.truths.values()
        if issubclass(truth.answer.kind, Boxes)
        for file in truth.answer.files
    )
    for file in files:
        try:
            sheet = SHEETS[file.suffix.lower()](file) if file.suffix.lower() in SHEETS else None
        except Refused:  # for something else, which a person has to mend first
            continue
        what = "" if sheet is None else _said(sheet.entries, *_wrong(sheet.entries))
        if what:
            yield Mend("boxes", file, what, partial(_write, file, what))


def _wrong(entries: Sequence[Entry]) -> tuple[set[int], set[int], dict[int, int]]:
    """The places of boxes with exchanged corners, of those that are empty, and of second ones with the first's."""
    pictures: dict[Any, list[int]] = {}
    for number, entry in enumerate(entries):
        pictures.setdefault(entry.picture, []).append(number)
    turned = {number for number, entry in enumerate(entries) if entry.turned}
    empty, second = set[int](), dict[int, int]()
    for own in pictures.values():
        drawn = [number for number in own if not entries[number].is_empty]
        empty |= set(own) - set(drawn) if drawn else set()
        second |= _second([entries[number] for number in drawn], drawn)
    return turned - empty - set(second), empty, second


def _second(entries: Sequence[Entry], places: Sequence[int]) -> dict[int, int]:
    """Of boxes around one object, of which the same is said, the later ones' places with that of the first."""
    corners = np.array([list(zip(entry.y, entry.x, strict=True)) for entry in entries], float).reshape(-1, 2, 2)
    said = [json.dumps([entry.label, entry.rest], sort_keys=True) for entry in entries]
    return {places[second]: places[first] for second, first in doubles(corners, said, TWICE).items()}


def _said(entries: Sequence[Entry], turned: Set[int], empty: Set[int], second: Mapping[int, int]) -> str:
    """What is changed; nothing where nothing is."""
    names = [f"{entries[b].name} around the object of {entries[a].name}" for b, a in sorted(second.items())]
    parts = [
        ("{} with corners exchanged back ({})", [entries[number].name for number in sorted(turned)]),
        ("{} without width or height left out ({})", [entries[number].name for number in sorted(empty)]),
        ("{} drawn twice left out ({})", names),
    ]
    said = [text.format(_boxes(len(those)), listed(those)) for text, those in parts if those]
    return f"has {', '.join(said)}" if said else ""


def _boxes(number: int) -> str:
    return f"{number} box{'es' if number > 1 else ''}"


def _write(file: Path, what: str, to: Path) -> None:
    sheet = SHEETS[file.suffix.lower()](file)
    turned, empty, second = _wrong(sheet.entries)
    if _said(sheet.entries, turned, empty, second) != what:
        raise refuse(file, "was changed meanwhile", "Inspect it again.")
    gone = empty | set(second)
    with writing(to):
        to.write_bytes(sheet.edited(turned, gone))
    wanted = [entry for number, entry in enumerate(sheet.entries) if number not in gone]
    if not _are_alike(SHEETS[file.suffix.lower()](to).entries, wanted):
        raise refuse(file, "is not written in a way that can be mended", "Mend its boxes by hand.")


def _are_alike(found: Sequence[Entry], wanted: Sequence[Entry]) -> bool:
    """Whether the boxes of a mended file are what they should be, read as if it were any file."""
    edges, wanted_edges = (np.array([(*entry.x, *entry.y) for entry in entries]) for entries in (found, wanted))
    said = [[(entry.label, entry.rest) for entry in entries] for entries in (found, wanted)]
    return said[0] == said[1] and not any(entry.turned for entry in found) and np.allclose(edges, wanted_edges)
