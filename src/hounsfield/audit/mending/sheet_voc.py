"""The boxes of a VOC annotation, with where each stands in the file."""

from __future__ import annotations

from collections.abc import Set
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree
from xml.parsers import expat

from hounsfield.audit.mending.sheet import Entry, Sheet, spliced
from hounsfield.formats.boxes_voc import LIMIT, parse_annotation
from hounsfield.formats.files import read_bytes
from hounsfield.values import refuse

ENDS = {"x": ("xmin", "xmax"), "y": ("ymin", "ymax")}
NUMBERS = frozenset(name for names in ENDS.values() for name in names)
BYTES = "latin-1"  # a character a byte, whatever the file's encoding: only what is ASCII in it is looked at


class Placed(NamedTuple):
    """Where an object begins, and where its numbers stand, by name."""

    start: int
    numbers: dict[str, tuple[int, int]]


def read_sheet(path: Path) -> Sheet:
    """The boxes of a file. Refuses what reading refuses, and objects in each other."""
    objects = list(parse_annotation(path).iter("object"))
    data = read_bytes(path, limit=LIMIT)
    if b"\0" in data or any(len(list(item.iter("object"))) > 1 for item in objects):
        raise refuse(path, "is no annotation that can be mended: UTF-16, or objects in each other", "Export it again.")
    text, places, stops = data.decode(BYTES), *_places(data)
    entries = tuple(_entry(path, number, item) for number, item in enumerate(objects, start=1))

    def edited(exchanged: Set[int], removed: Set[int]) -> bytes:
        changes: dict[tuple[int, int], str] = {}
        for number in removed:
            changes[len(text[: places[number].start].rstrip()), stops[number]] = ""  # with its line's beginning
        for number in exchanged - removed:
            for axis in entries[number].turned:
                low, high = (places[number].numbers[name] for name in ENDS[axis])
                changes |= {low: text[slice(*high)], high: text[slice(*low)]}
        return spliced(text, changes).encode(BYTES)

    return Sheet(entries, edited)


def _entry(path: Path, number: int, item: ElementTree.Element) -> Entry:
    try:
        numbers = {name: float(next(item.iter(name)).text or "") for name in NUMBERS}
    except (ValueError, StopIteration):
        raise refuse(f"{path}, object {number}", "has not four numbers", "Mend the annotation.") from None
    spans = {axis: (numbers[first], numbers[last]) for axis, (first, last) in ENDS.items()}
    x, y = ((min(span) - 1, max(span)) for span in spans.values())  # counted from 1, the last one included
    return Entry(
        name=f"object {number}",
        picture=None,
        label=item.findtext("name"),
        x=x,
        y=y,
        turned=tuple(axis for axis, (first, last) in spans.items() if last < first),
        is_empty=any(first == last for first, last in spans.values()),
        rest=[(child.tag, (child.text or "").strip()) for child in item.iter() if child.tag not in NUMBERS],
    )


def _places(data: bytes) -> tuple[list[Placed], list[int]]:
    """Where each object begins with its numbers, and where each ends; in the file's order."""
    found, stops = list[Placed](), list[int]()
    starts: list[int] = []
    parser = expat.ParserCreate()

    def begins(name: str, _: object) -> None:
        starts.append(parser.CurrentByteIndex)
        if name == "object":
            found.append(Placed(parser.CurrentByteIndex, {}))

    def ends(name: str) -> None:
        start, stop = starts.pop(), parser.CurrentByteIndex
        if name == "object":
            stops.append(data.index(b">", stop) + 1)
        elif name in NUMBERS and len(found) > len(stops):  # the first of a name counts, as in reading
            found[-1].numbers.setdefault(name, (data.index(b">", start) + 1, stop))

    parser.StartElementHandler, parser.EndElementHandler = begins, ends
    parser.Parse(data, True)
    return found, stops
