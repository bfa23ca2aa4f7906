"""Images and tables that speak of them: a column of each table holds the names of the images.

The column is found by itself, several tables are joined on it, and the images may lie in several folders, whose names
may say the part of the split (ISIC-2017_Training_Data); where they do not, those of several tables may.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.files import stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.case_tables import questions, told_by
from hounsfield.layouts.folders import (
    all_files,
    common_folder,
    files_in,
    ids_of,
    is_image,
    is_table,
    part_named,
    part_of,
    roots,
    unclaimed,
)
from hounsfield.layouts.joined_tables import Joined, join
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.listed_images import ListedImages
from hounsfield.layouts.manifest import manifest_of
from hounsfield.layouts.mask_names import without_masks
from hounsfield.values import Case, Dataset, Problem, refuse
from hounsfield.values.wording import count


@dataclass(frozen=True)
class ImageTable:
    """The layout."""

    name: str = "image_table"

    def detect(self, folder: Path) -> Claim | None:
        """Sure as the share of images that a table speaks of."""
        images = _images(folder) if _tables(folder) else []
        joined = _joined(folder, images, ReadOptions())
        if 2 * len(joined.rows) < max(1, len(images)):
            return None
        named = ", ".join(path.name for path in list(joined.tables)[:3]) + ", ..." * (len(joined.tables) > 3)
        why = f"{len(joined.rows)} of {count(len(images), 'image')} named in {named}"
        task = "diagnosis" if len(questions(joined.rows.values(), joined.keys)) == 1 else ""
        root = common_folder([*joined.tables, *joined.rows])
        return Claim(0.5 + 0.35 * len(joined.rows) / len(images), why, task, root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with the target as their truth and the other columns as covariates; images without a row have none."""
        images = _images(folder)
        joined = _joined(folder, images, options)
        if not joined.rows:
            remedy = "Name the images in one of its columns, with or without suffix."
            raise refuse(folder, "has no table with a column that names images", remedy)
        told = told_by(
            joined.rows, options, tables=joined.tables.values(), where=str(folder), of="image", hidden=joined.keys
        )
        problems = list(joined.problems)
        if not told.task:
            known = ", ".join(joined.columns())
            problems.append(Problem(str(folder), "does not say what is to be told", f"Give --target, one of {known}."))
        ids, parts = ids_of(images, folder), _parts(joined.tables)
        cases = []
        for image in images:
            said = told.of(image)
            part = said.split or part_of(image, folder) or parts.get(joined.first.get(image))
            if image not in joined.rows and part not in ("validation", "test"):  # whose answers may be kept back
                remedy = "Add its row, or remove the image."
                problems.append(Problem(str(image), "is in no table", remedy, ids[image]))
            inputs = {"image": lazies.image(image)}
            cases.append(Case(ids[image], inputs, said.truths, said.covariates, said.patient, said.site, part))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task=told.task,
            task_why=told.task_why,
            problems=tuple(problems),
            unclaimed=unclaimed(folder, [*images, *joined.tables]),
            notes=joined.notes,
        )


LAYOUT = ImageTable()


def _images(folder: Path) -> list[Path]:
    return without_masks(path for path in all_files(folder) if is_image(path))


def _tables(folder: Path) -> list[Path]:
    return [path for root in roots(folder) for path in files_in(root) if is_table(path)]


def _joined(folder: Path, images: list[Path], options: ReadOptions) -> Joined[Path]:
    """The rows of the tables in a folder, or in one of its folders, by image."""
    tables = _tables(folder) if images else []
    manifest = manifest_of(folder) if tables else None  # a table that names its files is another convention
    tables = [path for path in tables if manifest is None or str(path) != manifest.where]
    listed, ids = ListedImages.among(images, folder), ids_of(images, folder)

    def ids_behind(text: str, image: Path | None) -> list[str]:
        return [listed.missing(text) if image is None else ids[image]]

    return join(tables, listed.find, ids_behind, options)


def _parts(tables: Iterable[Path]) -> dict[Path | None, str | None]:
    """The part of the split that each table's name says, where they say different ones."""
    said: dict[Path | None, str | None] = {table: part_named(stem_of(table)) for table in tables}
    return said if len(set(said.values()) - {None}) > 1 else {}
