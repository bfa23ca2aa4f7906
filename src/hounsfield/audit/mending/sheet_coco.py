"""The boxes of COCO annotations, with where each stands in the file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

from hounsfield.audit.mending.sheet import Entry, Sheet, spliced
from hounsfield.formats.files import read_bytes
from hounsfield.formats.json_values import LIMIT, is_number, read_json
from hounsfield.values import refuse

OWN = ("id", "bbox", "area")  # what two annotations of one object do not share

Span = tuple[int, int]


def read_sheet(path: Path) -> Sheet:
    """The boxes of a file, those without a box among them, which are never touched. Refuses what is no JSON."""
    annotations = read_json(path)["annotations"]
    text = read_bytes(path, limit=LIMIT).decode("utf-8")
    entries = tuple(_entry(number, annotation) for number, annotation in enumerate(annotations, start=1))
    begin = _members(text, text.index("{"))["annotations"][0]
    places = list(_items(text, begin))
    if len(places) != len(entries):
        raise refuse(path, "names its annotations twice", "Export it again.")

    def edited(exchanged: Set[int], removed: Set[int]) -> bytes:
        changes: dict[Span, str] = {}
        kept = [number for number in range(len(places)) if number not in removed]
        for number in removed:  # with the comma before it, or behind it where nothing is kept before
            first = not kept or number < kept[0]
            start = places[number][0] if first else places[number - 1][1]
            follows = number + 1 < len(places)
            stop = places[number + 1][0] if first and follows else places[number][1]
            changes[start, stop] = ""
        for number in exchanged - removed:
            x, y, width, height = annotations[number]["bbox"]
            x, width = (x + width, -width) if width < 0 else (x, width)
            y, height = (y + height, -height) if height < 0 else (y, height)
            changes[_members(text, places[number][0])["bbox"]] = json.dumps([x, y, width, height])
        return spliced(text, changes).encode()

    return Sheet(entries, edited)


def _entry(number: int, annotation: Any) -> Entry:
    bbox = annotation.get("bbox")
    if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(is_number, bbox)):
        return Entry(f"annotation {number}", ("no box", number), None, (0, 1), (0, 1), (), False, None)
    x, y, width, height = bbox
    return Entry(
        name=f"annotation {number}",
        picture=annotation.get("image_id"),
        label=annotation.get("category_id"),
        x=(min(x, x + width), max(x, x + width)),
        y=(min(y, y + height), max(y, y + height)),
        turned=tuple(axis for axis, size in (("x", width), ("y", height)) if size < 0),
        is_empty=width == 0 or height == 0,
        rest={name: value for name, value in annotation.items() if name not in OWN},
    )


def _members(text: str, at: int) -> dict[str, Span]:
    """Where the values of an object stand that begins here, by name; of two of a name the last, as in reading."""
    decoder, found = json.JSONDecoder(), dict[str, Span]()
    at = _next(text, at + 1)
    while text[at] != "}":
        name, at = decoder.raw_decode(text, at)
        start = _next(text, _next(text, at) + 1)
        _, at = decoder.raw_decode(text, start)
        found[name] = start, at
        at = _next(text, at)
        at = _next(text, at + 1) if text[at] == "," else at
    return found


def _items(text: str, at: int) -> Iterator[Span]:
    """Where the values of a list stand that begins here."""
    decoder = json.JSONDecoder()
    at = _next(text, at + 1)
    while text[at] != "]":
        start = at
        _, at = decoder.raw_decode(text, start)
        yield start, at
        at = _next(text, at)
        at = _next(text, at + 1) if text[at] == "," else at


def _next(text: str, at: int) -> int:
    """The first character from here on that is no white space."""
    while text[at] in " \t\r\n":
        at += 1
    return at
