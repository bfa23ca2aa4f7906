"""One mask a file for each object: ID/images/ID.png, ID/masks/*.png (as in the Data Science Bowl 2018).

A table beside the folders with a column `image_id` (stains.csv) gives covariates.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.table import Cell, read_table
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import PARTS, files_in, folders_in, images_in, is_table, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.objects import objects
from hounsfield.values import Case, Dataset, Problem, Refused, Truth, refuse
from hounsfield.values.wording import count

KEY = "image_id"


@dataclass(frozen=True)
class MaskPerObject:
    """The layout."""

    name: str = "mask_per_object"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where folders hold an `images` and a `masks` folder each."""
        root = _root(folder)
        if root is None:
            return None
        cases = sum(_is_whole(inner) for inner in folders_in(root))
        why = f"{count(cases, 'folder')} with one image in `images` and a file for each object in `masks`"
        return Claim(0.95, why, "segmentation", root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases whose label map tells the objects apart; label 1 is "object"."""
        root = _root(folder)
        if root is None:
            raise refuse(folder, "has no folders with `images` and `masks` in them", "Name the folder of all cases.")
        tables = [path for at in {root, root.parent, folder} if _within(at, folder) for path in files_in(at)]
        covariates, table_files, problems = _covariates([path for path in tables if is_table(path)], options)
        cases, used = [], list(table_files)
        for inner in folders_in(root):
            if not _is_case(inner):
                continue
            images, masks = images_in(inner / "images"), images_in(inner / "masks")
            if len(images) != 1:
                what = f"holds {len(images)} images; one is expected"
                problems.append(Problem(str(inner / "images"), what, "Keep one image a folder.", inner.name))
                continue
            used += [*images, *masks]
            truth = Truth(objects(tuple(masks), images[0], where=str(inner / "masks")))
            values = covariates.get(inner.name, {})
            cases.append(Case(inner.name, {"image": lazies.image(images[0])}, {"labels": truth}, values))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation",
            task_why="each object of an image has a mask",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
        )


LAYOUT = MaskPerObject()


def _is_case(folder: Path) -> bool:
    """Whether a folder is a case, and not a part of the split with many in it."""
    is_part = folder.name.lower() in PARTS
    return not is_part and bool(images_in(folder / "images")) and (folder / "masks").is_dir()


def _is_whole(folder: Path) -> bool:
    return _is_case(folder) and len(images_in(folder / "images")) == 1


def _root(folder: Path) -> Path | None:
    """Where most of the folders that could be cases hold one image."""
    for root in roots(folder):
        found = [inner for inner in folders_in(root) if _is_case(inner)]
        if found and 2 * sum(map(_is_whole, found)) > len(found):
            return root
    return None


def _within(path: Path, folder: Path) -> bool:
    return path == folder or folder in path.parents


def _covariates(
    tables: list[Path], options: ReadOptions
) -> tuple[dict[str, dict[str, Cell]], list[Path], list[Problem]]:
    """Image id -> column -> value, the tables they came from, and what was wrong with others."""
    found: dict[str, dict[str, Cell]] = {}
    used: list[Path] = []
    problems: list[Problem] = []
    for path in tables:
        try:
            table = read_table(path)
        except Refused as refusal:
            problems += refusal.problems
            continue
        if KEY not in table.columns:
            continue
        used.append(path)
        ids = [row[table.columns.index(KEY)] for row in table.rows]
        for image_id, record in zip(ids, table.records(), strict=True):
            kept = {name: value for name, value in record.items() if name != KEY and name not in options.ignore}
            found.setdefault(image_id, {}).update(kept)
    return found, used, problems
