"""A folder for each case, with one image, and in a folder beside it a mask for each structure.

CASE/ct.nii.gz with CASE/segmentations/liver.nii.gz ..., as in TotalSegmentator's data set, whose meta.csv beside the
folders speaks of the cases. The names of the masks are the structures, the same in all cases; what has no file in a
case is drawn nowhere. The folders may lie in train, val and test.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.files import stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.case_tables import told_by
from hounsfield.layouts.folders import PARTS, by_stem, files_in, folders_in, images_in, is_table, roots, unclaimed
from hounsfield.layouts.joined_tables import Joined, join
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.structures import structures
from hounsfield.values import Case, Dataset, Problem, Truth, refuse

MASKS = ("segmentations", "segmentation", "masks", "labels", "structures", "seg")
"""How the folder of a case's masks is called."""

MOST_SAID = 8  # structures that a note names


@dataclass(frozen=True)
class CaseFolder:
    """What the folder of one case holds. masks: structure -> file, by name.  part: of the split."""

    images: tuple[Path, ...]
    masks: Mapping[str, Path]
    part: str | None

    @property
    def is_whole(self) -> bool:
        """Whether there is one image, and masks of it."""
        return len(self.images) == 1 and bool(self.masks)


@dataclass(frozen=True)
class Found:
    """The folders of cases in one place."""

    root: Path
    folders: Mapping[Path, CaseFolder]

    def whole(self) -> list[CaseFolder]:
        """Those with one image and masks."""
        return [held for held in self.folders.values() if held.is_whole]


@dataclass(frozen=True)
class StructureMasks:
    """The layout."""

    name: str = "structure_masks"

    def detect(self, folder: Path) -> Claim | None:
        """Rather sure where folders hold an image each, and in a folder beside it masks that are called alike."""
        found = _find(folder)
        if found is None:
            return None
        whole = found.whole()
        names = _structures(whole)
        held = "folders hold" if len(whole) > 1 else "folder holds"
        why = f"{len(whole)} {held} one image, and beside it masks of {_listed(names, MOST_SAID)}"
        return Claim(0.85 if len(whole) > 1 else 0.5, why, "segmentation", found.root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases whose label map has a value for each structure, numbered by name over all cases."""
        found = _find(folder)
        if found is None:
            remedy = "Put one image into the folder of each case, and its masks into `segmentations` there."
            raise refuse(folder, "has no folders with an image and masks called alike", remedy)
        ids, names = _ids(found), _structures(found.folders.values())
        joined = _joined(folder, found.root, ids.values(), options)
        told = told_by(
            joined.rows, options, tables=joined.tables.values(), where=str(folder), of="image", hidden=joined.keys
        )
        cases, used, problems = [], list(joined.tables), list(joined.problems)
        for inner, held in found.folders.items():
            if len(held.images) != 1:
                what = f"holds {len(held.images)} images; one is expected"
                problems.append(Problem(str(inner), what, "Keep one image a folder.", ids[inner]))
                continue
            (image,) = held.images
            said = told.of(ids[inner])
            part = said.split or held.part
            truths = dict(said.truths)
            if held.masks:
                where = str(next(iter(held.masks.values())).parent)
                truths = {"labels": Truth(structures(held.masks, image, names=names, where=where)), **truths}
            elif part not in ("validation", "test"):  # where masks may be kept back
                problems.append(
                    Problem(str(inner), "has no folder of masks", "Add it, or remove the case.", ids[inner])
                )
            used += [image, *held.masks.values()]
            modality = "CT" if stem_of(image).lower() == "ct" else ""
            inputs = {"image": lazies.image(image, modality)}
            cases.append(Case(ids[inner], inputs, truths, said.covariates, said.patient, said.site, part))
        by_masks = options.target is None
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation" if by_masks else told.task,
            task_why="each structure of a case has a mask" if by_masks else told.task_why,
            problems=tuple(problems),
            notes=(*joined.notes, *_lacking(found.whole(), names)),
            unclaimed=unclaimed(folder, used),
        )


LAYOUT = StructureMasks()


def _find(folder: Path) -> Found | None:
    for root in roots(folder):
        parts = {path: PARTS[path.name.lower()] for path in folders_in(root) if path.name.lower() in PARTS}
        direct = {path: None for path in folders_in(root) if path not in parts}
        within = {inner: part for path, part in parts.items() for inner in folders_in(path)}
        for places in (direct, within):
            found = Found(root, _case_folders(places))
            if _are_alike(found.whole()):
                return found
    return None


def _case_folders(places: Mapping[Path, str | None]) -> dict[Path, CaseFolder]:
    """The folders that hold masks, or one image without any."""
    found = {path: CaseFolder(tuple(images_in(path)), _masks(path), part) for path, part in places.items()}
    return {path: held for path, held in found.items() if held.masks or len(held.images) == 1}


def _masks(folder: Path) -> dict[str, Path]:
    """Structure -> mask; none where images lie in a folder of their own, since these are masks of objects."""
    if images_in(folder / "images"):
        return {}
    return next((by_stem(masks) for name in MASKS if (masks := images_in(folder / name))), {})


def _are_alike(whole: Collection[CaseFolder]) -> bool:
    """Whether masks are called after structures: most names come again in other cases, and not numbers alone differ."""
    counts = Counter(name for held in whole for name in held.masks)
    again = sum(count for count in counts.values() if count > 1)
    if not counts or (len(whole) > 1 and 2 * again < counts.total()):
        return False
    without_numbers = {re.sub(r"[\d _.-]+", "", name) for name in counts}
    return len(without_numbers) > 1 or (len(counts) == 1 and without_numbers != {""})


def _structures(folders: Iterable[CaseFolder]) -> list[str]:
    """The names of all masks, in order."""
    return sorted({name for held in folders for name in held.masks})


def _ids(found: Found) -> dict[Path, str]:
    """The names of the folders, with their part of the split where two are alike."""
    names = Counter(inner.name.lower() for inner in found.folders)
    return {
        inner: inner.name if names[inner.name.lower()] == 1 else "_".join(inner.relative_to(found.root).parts)
        for inner in found.folders
    }


def _lacking(whole: Collection[CaseFolder], names: Iterable[str]) -> tuple[str, ...]:
    """A note of the structures that some cases have no mask of, the most frequent first."""
    lacks = Counter({name: sum(name not in held.masks for held in whole) for name in names})
    said = [f"{name} in {count}" for name, count in lacks.most_common() if count]
    if not said:
        return ()
    said[0] += f" of {len(whole)} cases"
    return (f"a structure without a mask counts as drawn nowhere: {_listed(said, MOST_SAID)}",)


def _listed(words: Collection[str], most: int) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return ", ".join(list(words)[:most]) + more


def _joined(folder: Path, root: Path, ids: Iterable[str], options: ReadOptions) -> Joined[str]:
    """The rows of the tables beside the folders, by the case's name."""
    known = set(ids)
    tables = [path for at in sorted({folder, root}) for path in files_in(at) if is_table(path)]
    return join(
        tables,
        lambda text, _: text if text in known else None,
        lambda text, case_id: [case_id or text],
        options,
    )
