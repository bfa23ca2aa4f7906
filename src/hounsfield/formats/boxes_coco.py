"""Boxes from COCO annotations (JSON): one file for many pictures, a bbox being x, y, width and height from 0.

Source: T.-Y. Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014, and its description of the format.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.formats.boxes import EdgeBox, boxes_of
from hounsfield.formats.json_values import is_number, read_json
from hounsfield.values import Boxes, Grid, refuse

AGAIN = "Mend the annotation, or export it again."


@dataclass(frozen=True)
class Annotation:
    """One object of a picture as the file has it, with its number in the list of annotations."""

    number: int
    category: Any
    bbox: Any
    is_crowd: bool


@dataclass(frozen=True)
class Picture:
    """One picture: its file's name, its rows and columns where they are stated, and its objects."""

    file_name: str
    size: tuple[int, int] | None
    annotations: tuple[Annotation, ...]


@dataclass(frozen=True)
class CocoFile:
    """What a file of annotations holds. orphans: how many annotations belong to a picture that it does not list."""

    path: Path
    pictures: tuple[Picture, ...]
    categories: Mapping[Any, str]
    orphans: int

    @property
    def has_objects(self) -> bool:
        """Whether anything was annotated at all; the lists of a test part often hold pictures alone."""
        return any(picture.annotations for picture in self.pictures)

    @property
    def has_boxes(self) -> bool:
        """Whether some of the objects have a box; captions and outlines alone have none."""
        return any(a.bbox is not None for picture in self.pictures for a in picture.annotations)

    def boxes(self, picture: Picture, grid: Grid) -> Boxes:
        """The boxes of one of its pictures; those of crowds, and those without width or height, are to be ignored.

        Refuses a picture of another size than stated, unknown categories, and boxes that can not be.
        """
        if picture.size is not None and picture.size != grid.shape:
            stated, found = (f"{columns} x {rows}" for rows, columns in (picture.size, grid.shape))
            what = f"states {stated} pixels for {picture.file_name}, which has {found}"
            raise refuse(self.path, what, "Were the boxes drawn on another version of it?")
        return boxes_of([self._box(annotation) for annotation in picture.annotations], grid)

    def _box(self, annotation: Annotation) -> EdgeBox:
        where = f"{self.path}, annotation {annotation.number}"
        label = self.categories.get(annotation.category) if _is_id(annotation.category) else None
        if label is None:
            raise refuse(where, f"has the unknown category {str(annotation.category)[:40]}", AGAIN)
        bbox = annotation.bbox
        if not isinstance(bbox, list) or len(bbox) != 4 or not all(map(is_number, bbox)):
            raise refuse(where, "has no bbox of four numbers", AGAIN)
        x, y, width, height = map(float, bbox)
        return EdgeBox(where, label, (x, x + width), (y, y + height), annotation.is_crowd)


def read_annotations(path: Path) -> CocoFile:
    """The pictures of a file with their annotations; boxes are checked when they are asked for, picture by picture."""
    path = Path(path)
    data = read_json(path)
    images, annotations, categories = (_list(path, data, name) for name in ("images", "annotations", "categories"))
    names = {_id(path, entry, "a category"): str(entry.get("name", entry["id"])) for entry in categories}
    found: dict[Any, list[Annotation]] = defaultdict(list)
    for number, entry in enumerate(annotations, start=1):
        image = entry.get("image_id")
        if not _is_id(image):
            raise refuse(f"{path}, annotation {number}", "names no image_id", AGAIN)
        is_crowd = entry.get("iscrowd") in (1, True)
        found[image].append(Annotation(number, entry.get("category_id"), entry.get("bbox"), is_crowd))
    pictures = {}
    for entry in images:
        identity = _id(path, entry, "an image")
        if identity in pictures:
            raise refuse(path, f"has two images with the id {identity}", AGAIN)
        if not isinstance(entry.get("file_name"), str) or not entry["file_name"]:
            raise refuse(path, f"names no file_name for the image {identity}", AGAIN)
        pictures[identity] = Picture(entry["file_name"], _size(entry), tuple(found.pop(identity, ())))
    return CocoFile(path, tuple(pictures.values()), names, sum(map(len, found.values())))


def _list(path: Path, data: Any, name: str) -> list[dict[str, Any]]:
    entries = data.get(name, [] if name == "annotations" else None) if isinstance(data, dict) else None
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise refuse(path, f"is no file of COCO annotations: it has no list {name!r}", "Is it the right file?")
    return entries


def _id(path: Path, entry: dict[str, Any], what: str) -> Any:
    if not _is_id(entry.get("id")):
        raise refuse(path, f"has {what} without an id", AGAIN)
    return entry["id"]


def _is_id(value: Any) -> bool:
    return isinstance(value, (int, str))


def _size(entry: dict[str, Any]) -> tuple[int, int] | None:
    rows, columns = entry.get("height"), entry.get("width")
    return (rows, columns) if isinstance(rows, int) and isinstance(columns, int) and rows > 0 and columns > 0 else None
