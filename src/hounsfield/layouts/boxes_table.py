"""Images and a table of boxes, a row for each: filename,xmin,ymin,xmax,ymax,class and its relatives.

One table for all, or one for each part of the split (train.csv, or train/ with a table in it); where the tables do not
say the part, the folders of the images do. An image that no row
names has no truth; a row without numbers says that its image holds nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.boxes import EdgeBox, boxes_of
from hounsfield.formats.boxes_table import form_of, read_box_table
from hounsfield.formats.table import first_row
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import (
    all_files,
    files_in,
    ids_of,
    is_image,
    is_table,
    part_of,
    roots,
    unclaimed,
)
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.listed_images import ListedImages, Missing, unread
from hounsfield.values import Boxes, Case, Dataset, Lazy, Problem, Refused, Truth, refuse

HEAD = 4096

Listed = dict[Path, tuple[Path, tuple[EdgeBox, ...]]]  # image -> its table and its boxes


@dataclass(frozen=True)
class BoxesTable:
    """The layout."""

    name: str = "boxes_table"

    def detect(self, folder: Path) -> Claim | None:
        """Rather sure where a table has the columns of boxes, and there are images."""
        tables = _tables(folder)
        if not tables or not any(map(is_image, all_files(folder))):
            return None
        return Claim(0.9, f"{', '.join(path.name for path in tables[:3])} has a row for each box on an image")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with boxes; images that no table names are kept without truth."""
        tables = _tables(folder)
        if not tables:
            remedy = "Name the columns in its first line: filename,xmin,ymin,xmax,ymax,class."
            raise refuse(folder, "has no table of boxes", remedy)
        images, listed, problems = ListedImages.of(folder), Listed(), list[Problem]()
        missing, again, refused = list[Missing](), list[Missing](), False
        for path in tables:
            try:
                boxes = read_box_table(path)
            except Refused as refusal:
                problems += refusal.problems
                refused = True
                continue
            _add(path, boxes, images, listed, missing, again)
        others = images.besides(listed)
        ids = ids_of(dict.fromkeys((*listed, *others, *(place for _, _, place in missing))), folder)
        splits = {image: images.split_of(image, path, tables) for image, (path, _) in listed.items()}
        absent, notes = images.absences(missing, ids, splits.values(), tables)
        problems += [*absent, *_named_again(again, ids), *(unread(others, ids) if refused else ())]
        cases = []
        for image, (path, edge_boxes) in listed.items():
            truths = {"boxes": Truth(_boxes(path, edge_boxes, image))}
            cases.append(Case(ids[image], {"image": lazies.image(image)}, truths, split=splits[image]))
        for image in others:
            cases.append(Case(ids[image], {"image": lazies.image(image)}, split=part_of(image, folder)))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="detection",
            task_why="a table has boxes on the images",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, [*tables, *listed, *others]),
            notes=notes,
        )


LAYOUT = BoxesTable()


def _tables(folder: Path) -> list[Path]:
    """The tables with the columns of boxes, in the folder or in one of its folders."""
    paths = [path for root in roots(folder) for path in files_in(root) if is_table(path)]
    return [path for path in paths if form_of(_columns(path)) is not None]


def _columns(path: Path) -> list[str]:
    try:
        with open(path, "rb") as file:
            return [name.strip() for name in first_row(file.read(HEAD).decode("utf-8-sig", "replace"))]
    except OSError:
        return []


def _add(
    path: Path,
    boxes: dict[str, tuple[EdgeBox, ...]],
    images: ListedImages,
    listed: Listed,
    missing: list[Missing],
    again: list[Missing],
) -> None:
    """Put the boxes of a table to the images they name, or else to what is missing or named in two ways."""
    for name, edge_boxes in boxes.items():
        image = images.find(name, path)
        if image is None:
            missing.append((path, name, images.place_of(name)))
        elif image in listed:
            again.append((path, name, image))
        else:
            listed[image] = (path, edge_boxes)


def _named_again(again: list[Missing], ids: Mapping[Path, str]) -> list[Problem]:
    """One problem for each image that is named in two ways: only the boxes of one of them are taken."""
    what, remedy = "names the image {!r}, which other rows name in another way", "Name each image in one way."
    return [Problem(str(path), what.format(name[:80]), remedy, ids[image]) for path, name, image in again]


def _boxes(path: Path, edge_boxes: tuple[EdgeBox, ...], image: Path) -> Lazy[Boxes]:
    def load() -> Boxes:
        return boxes_of(edge_boxes, lazies.format_of(image).read_grid(image))

    def digest() -> str:
        said = [(box.label, box.x, box.y, box.ignore) for box in edge_boxes]
        return hashlib.sha256(repr(said).encode()).hexdigest()

    return Lazy(Boxes, str(path), load, digest, files=(path,))
