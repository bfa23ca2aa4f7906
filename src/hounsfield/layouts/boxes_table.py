"""Images and a table of boxes, a row for each: filename,xmin,ymin,xmax,ymax,class and its relatives.

One table for all, or one for each part of the split (train.csv, or train/ with a table in it). An image that no row
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
from hounsfield.layouts.folders import all_files, files_in, is_image, is_table, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.listed_images import ListedImages, case_ids, part_of
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
        paths = [path for path in all_files(folder) if is_image(path)]
        images, ids = ListedImages.among(paths, folder), case_ids(paths, folder)
        listed, problems = Listed(), list[Problem]()
        for path in tables:
            try:
                boxes = read_box_table(path)
            except Refused as refusal:
                problems += refusal.problems
                continue
            problems += _add(path, boxes, images, ids, listed)
        others = [path for path in paths if path not in listed]
        cases = []
        for image, (path, edge_boxes) in listed.items():
            split = part_of(path) if len(tables) > 1 else None
            truths = {"boxes": Truth(_boxes(path, edge_boxes, image))}
            cases.append(Case(ids[image], {"image": lazies.image(image)}, truths, split=split))
        cases += [Case(ids[image], {"image": lazies.image(image)}) for image in others]
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="detection",
            task_why="a table has boxes on the images",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, [*tables, *listed, *others]),
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
    path: Path, boxes: Mapping[str, tuple[EdgeBox, ...]], images: ListedImages, ids: Mapping[Path, str], listed: Listed
) -> list[Problem]:
    """Put the boxes of a table to the images they name; what is missing or named by two tables is a problem."""
    problems = list[Problem]()
    for name, edge_boxes in boxes.items():
        image = images.find(name, path)
        if image is None:
            what = f"names the image {name[:80]!r}, which is not there, or several times"
            problems.append(Problem(str(path), what, "Add it, or remove its rows.", images.missing(name)))
        elif image in listed:
            what = f"names the image {name[:80]!r}, which other rows name in another way"
            problems.append(Problem(str(path), what, "Name each image in one table, and in one way.", ids[image]))
        else:
            listed[image] = (path, edge_boxes)
    return problems


def _boxes(path: Path, edge_boxes: tuple[EdgeBox, ...], image: Path) -> Lazy[Boxes]:
    def load() -> Boxes:
        return boxes_of(edge_boxes, lazies.format_of(image).read_grid(image))

    def digest() -> str:
        said = [(box.label, box.x, box.y, box.ignore) for box in edge_boxes]
        return hashlib.sha256(repr(said).encode()).hexdigest()

    return Lazy(Boxes, str(path), load, digest)
