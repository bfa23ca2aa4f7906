"""Folders in the way of BIDS: sub-01[/ses-2]/anat/sub-01[_ses-2]_T1w.nii.gz, masks below derivatives, participants.tsv.

A visit is a case, a subject a patient; images take their roles from the word at the end of their names. Masks are the
files below `derivatives` whose name has a word for masks (dseg, seg-manual, lesion ...): of the image whose name they
begin with or whose space they are in, else of the first image of the visit.
Source: K. J. Gorgolewski et al., "The brain imaging data structure", Scientific Data 3, 2016.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.files import stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.bids_names import BidsName, bids_name
from hounsfield.layouts.case_tables import told_by
from hounsfield.layouts.folders import all_files, folders_in, is_image, roots, unclaimed
from hounsfield.layouts.joined_tables import Joined, join
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import is_mask
from hounsfield.layouts.mask_values import Meaning, meaning_of
from hounsfield.values import Case, Dataset, Problem, Truth, refuse

WEIGHTED = re.compile(r"(t1|t2|pd)w", re.IGNORECASE)
UNKNOWN = "-"  # how tables of subjects say "not known" too


@dataclass(frozen=True)
class Bids:
    """The layout."""

    name: str = "bids"

    def detect(self, folder: Path) -> Claim | None:
        """Rather sure where folders sub-* hold images named after them, surer with a description beside them."""
        root = _root(folder)
        if root is None:
            return None
        images, masks = _images(root), _masks(root)
        described = [name for name in ("dataset_description.json", "participants.tsv") if (root / name).is_file()]
        beside = f", with {' and '.join(described)}" if described else ""
        said = f"{len(images)} visit{'s' * (len(images) != 1)} in folders sub-*, masks of {len(masks)}"
        why = f"there {'are' if len(images) != 1 else 'is'} {said}{beside}, as in BIDS"
        return Claim(0.85 if described else 0.75, why, "segmentation" if masks else "", root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases by visit; what participants.tsv says of a subject is said of all its visits."""
        root = _root(folder)
        if root is None:
            raise refuse(folder, "has no folders sub-* with images", "Name the folder that holds them.")
        images, masks = _images(root), _masks(root)
        joined = _participants(root, images, options)
        problems = list(joined.problems)
        told = told_by(
            joined.rows, options, tables=joined.tables.values(), where=str(folder), of="", hidden=joined.keys
        )
        meaning = meaning_of([path for paths in masks.values() for path in paths])
        cases, used = [], [root / "dataset_description.json", *joined.tables]
        for visit, roles in images.items():
            patient, _ = visit
            case_id = _case_id(visit)
            truths = _truths(roles, masks.get(visit, []), meaning)
            if masks and not truths:
                what, remedy = "has no mask below derivatives", "Add it, or remove the images."
                problems.append(Problem(case_id, what, remedy, case_id))
            said = told.of(patient)
            covariates = {name: None if value == UNKNOWN else value for name, value in said.covariates.items()}
            inputs = {role: lazies.image(path) for role, path in roles.items()}
            cases.append(Case(case_id, inputs, {**truths, **said.truths}, covariates, patient, said.site, said.split))
            used += [*roles.values(), *map(_beside, roles.values()), *masks.get(visit, [])]
        by_masks = bool(masks) and options.target is None
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation" if by_masks else told.task,
            task_why="there are masks below derivatives" if by_masks else told.task_why,
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
            notes=joined.notes,
        )


LAYOUT = Bids()

Visit = tuple[str, str]  # subject, session or ""


def _case_id(visit: Visit) -> str:
    return "_".join(filter(None, visit))


def _root(folder: Path) -> Path | None:
    return next((root for root in roots(folder) if _images(root)), None)


def _images(root: Path) -> dict[Visit, dict[str, Path]]:
    """Visit -> role -> image, from the folders of the subjects."""
    found: dict[Visit, list[tuple[str, Path]]] = defaultdict(list)
    for subject in folders_in(root):
        if not subject.name.startswith("sub-"):
            continue
        for path in all_files(subject):
            name = _named(path)
            if name is not None and name.subject == subject.name and not is_mask(name.said):
                found[name.subject, name.session].append((name.said, path))
    return {visit: _roles(files) for visit, files in found.items()}


def _named(path: Path) -> BidsName | None:
    """The name of a subject's image; None where it says nothing of what it is."""
    name = bids_name(stem_of(path)) if is_image(path) else None
    return name if name is not None and "sub" in name.entities and name.said else None


def _roles(files: list[tuple[str, Path]]) -> dict[str, Path]:
    """T1w is t1, FLAIR flair, ct ct; of two with the same word the later has its other parts in front of it."""
    roles: dict[str, Path] = {}
    for name, path in files:
        *others, word = name.lower().split("_")
        word = WEIGHTED.sub(r"\1", word)
        roles.setdefault(word if word not in roles else "_".join((*others, word)), path)
    return roles


def _masks(root: Path) -> dict[Visit, list[Path]]:
    """Visit -> masks, from the folders below derivatives."""
    found: dict[Visit, list[Path]] = defaultdict(list)
    for path in all_files(root / "derivatives"):
        name = _named(path)
        if name is not None and is_mask(name.said):
            found[name.subject, name.session].append(path)
    return found


def _truths(roles: Mapping[str, Path], masks: list[Path], meaning: Meaning) -> dict[str, Truth]:
    """The label maps of a visit, the only one as `labels`, several by what their names say behind the image's."""
    names, convert = meaning
    truths: dict[str, Truth] = {}
    for path in masks:
        role, behind = _owner(stem_of(path), roles)
        name = "labels" if len(masks) == 1 else behind
        truths.setdefault(name, Truth(lazies.labels_on(path, roles[role], names, convert=convert), of=role))
    return truths


def _owner(mask: str, roles: Mapping[str, Path]) -> tuple[str, str]:
    """The image that a mask is of, by the beginning of its name or by its space, and what the name says besides."""
    owners = [role for role, image in roles.items() if mask.startswith(f"{stem_of(image)}_")]
    if owners:
        role = max(owners, key=lambda owner: len(stem_of(roles[owner])))
        return role, mask[len(stem_of(roles[role])) + 1 :]
    name = bids_name(mask)
    behind = name.said if name is not None else mask
    return next((role for role in roles if f"space-{role}" in behind.lower()), next(iter(roles))), behind


def _participants(root: Path, visits: Iterable[Visit], options: ReadOptions) -> Joined[str]:
    """The rows of participants.tsv by subject, whose name may lack its sub- there."""
    path = root / "participants.tsv"
    cases: dict[str, list[str]] = defaultdict(list)
    for visit in visits:
        cases[visit[0]].append(_case_id(visit))

    def find(text: str, _: Path) -> str | None:
        return next((name for name in (text, f"sub-{text}") if name in cases), None)

    def ids_behind(text: str, patient: str | None) -> list[str]:
        return [f"sub-{text.removeprefix('sub-')}"] if patient is None else cases[patient]

    return join([path] if path.is_file() else [], find, ids_behind, options)


def _beside(image: Path) -> Path:
    """The file that describes how an image was taken."""
    return image.with_name(f"{stem_of(image)}.json")
