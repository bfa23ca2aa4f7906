"""A folder for each case, with files named by role: patient07/{T1,T2,FLAIR,lesion_mask}.nii.gz.

Names may begin with the case's (BraTS: CASE/CASE_flair.nii.gz, CASE/CASE_seg.nii.gz); what is left of them is the
role. A role with a word for masks is a truth. The folders may lie in train, val and test, and tables beside them may
speak of the cases, by name or by the number at the end of it.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.files import stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.case_tables import told_by
from hounsfield.layouts.class_folders import NOT_CLASSES
from hounsfield.layouts.folders import PARTS, files_in, folders_in, images_in, is_table, roots, unclaimed
from hounsfield.layouts.joined_tables import Joined, join
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import is_mask
from hounsfield.layouts.mask_values import Meaning, meaning_of
from hounsfield.values import Case, Dataset, Problem, Refused, Truth, refuse

KNOWN = frozenset({
    "adc", "cbf", "cbv", "ct", "ct1", "cta", "dce", "dwi", "fixed", "flair", "mr", "mri", "moving", "pd", "pet", "post",
    "pre", "swi", "t1", "t1c", "t1ce", "t1gd", "t1n", "t1w", "t2", "t2f", "t2w", "us",
})  # fmt: skip
"""Words for what an image was taken with, or for its place in a pair."""

WHOLE = ("brain", "body", "head", "roi")
"""Masks of what to look at, not of what is asked for: they go behind the others."""

FEW = 5
"""So many cases are looked at to tell on which image a mask lies."""

Roles = dict[str, Path]


@dataclass(frozen=True)
class Mask:
    """On which image the masks of a role lie, and what their numbers mean."""

    of: str
    meaning: Meaning


@dataclass(frozen=True)
class Folders:
    """The folders of cases in one place. usual: the roles that most of them have.  parts: those of the split."""

    root: Path
    roles: Mapping[Path, Roles]
    usual: tuple[str, ...]
    parts: Mapping[Path, str | None]

    def files(self, role: str) -> list[Path]:
        """The files of one role."""
        return [roles[role] for roles in self.roles.values() if role in roles]


@dataclass(frozen=True)
class CaseFolders:
    """The layout."""

    name: str = "case_folders"

    def detect(self, folder: Path) -> Claim | None:
        """Rather sure where folders hold images called alike, some by a word for masks or for a kind of image."""
        found = _find(folder)
        if found is None:
            return None
        masks = [role for role in found.usual if is_mask(role)]
        held = "folders hold" if len(found.roles) > 1 else "folder holds"
        why = f"{len(found.roles)} {held} {', '.join(found.usual)} of a case"
        sure = 0.6 if len(found.roles) == 1 else 0.85 if masks else 0.7
        return Claim(sure, why, "segmentation" if masks else "", found.root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with an input for each image, a label map for each mask, and covariates where a table has them.

        Masks that lie on the grid of none of their images are problems, and no truths.
        """
        found = _find(folder)
        if found is None:
            raise refuse(folder, "has no folders of cases with images called alike", "Name files by their role.")
        ids, masks = _ids(found), _masks(found)
        joined = _joined(folder, found.root, ids.values(), options)
        first = next(role for role in found.usual if not is_mask(role))
        told = told_by(
            joined.rows, options, tables=joined.tables.values(), where=str(folder), of=first, hidden=joined.keys
        )
        cases, used, problems = [], list(joined.tables), list(joined.problems)
        for inner, roles in found.roles.items():
            said = told.of(ids[inner])
            part = said.split or found.parts[inner]
            images = {role: path for role, path in roles.items() if not is_mask(role)}
            truths = _truths(roles, images, masks)
            problems += _missing(inner, ids[inner], roles, found, part)
            used += [*images.values(), *(roles[role] for role in roles if role in masks)]
            inputs = {role: lazies.image(path) for role, path in images.items()}
            answers = {**truths, **said.truths}
            cases.append(Case(ids[inner], inputs, answers, said.covariates, said.patient, said.site, part))
        for role in found.usual:
            if is_mask(role) and role not in masks:
                what = "lies on the grid of none of the images of its case, nor do those of other cases"
                problems.append(Problem(str(found.files(role)[0]), what, "Resample it to one of them."))
        by_masks = bool(masks) and options.target is None
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation" if by_masks else told.task,
            task_why="each case has a mask" if by_masks else told.task_why,
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
            notes=joined.notes,
        )


LAYOUT = CaseFolders()


def _find(folder: Path) -> Folders | None:
    for root in roots(folder):
        parts = {path: PARTS[path.name.lower()] for path in folders_in(root) if path.name.lower() in PARTS}
        within = {inner: part for path, part in parts.items() for inner in folders_in(path)}
        for places in (dict.fromkeys(folders_in(root)), within):
            found = _alike(root, places)
            if found is not None:
                return found
    return None


def _alike(root: Path, places: Mapping[Path, str | None]) -> Folders | None:
    """The folders that hold the roles which most of them have; None where they are no cases.

    Each needs an image, and what tells roles from mere names: a mask, or words that are known.
    """
    if any(path.name.lower() in NOT_CLASSES or path.name.lower() in PARTS for path in places):
        return None
    by_folder = {path: _roles(path) for path in places}
    counts = Counter(_images(roles) for roles in by_folder.values() if _images(roles))
    if not counts:
        return None
    images, times = counts.most_common(1)[0]
    alike = [roles for roles in by_folder.values() if _images(roles) == images and len(roles) > len(images)]
    masks = Counter(role for roles in alike for role in roles if is_mask(role))
    usual = tuple(sorted((*images, *(role for role, number in masks.items() if 2 * number >= len(alike)))))
    known = [role for role in images if KNOWN & set(_words(role))]
    are_words = all(any(map(str.isalpha, role)) for role in images)
    tells = are_words and (len(images) < len(usual) or len(known) > 1)
    sure = 2 * times > counts.total() if counts.total() > 1 else len(known) == len(images)
    if not tells or not sure:
        return None
    chosen = {path: roles for path, roles in by_folder.items() if set(images) & roles.keys()}
    return Folders(root, chosen, usual, {path: places[path] for path in chosen})


def _images(roles: Roles) -> tuple[str, ...]:
    return tuple(role for role in roles if not is_mask(role))


def _roles(folder: Path) -> Roles:
    """Role -> image: the names without what they begin with in common, which is the case's name."""
    paths = images_in(folder)
    names = {path: _without_case(stem_of(path), folder.name) for path in paths}
    words = [_words(name) for name in names.values()]
    while len(words) > 1 and all(len(one) > 1 for one in words) and len({one[0] for one in words}) == 1:
        words = [one[1:] for one in words]
        names = {path: _without_case(name, _words(name)[0]) for path, name in names.items()}
    roles: Roles = {}
    for path, name in names.items():
        roles.setdefault(name.lower() or "image", path)
    return dict(sorted(roles.items()))


def _without_case(name: str, case: str) -> str:
    rest = name[len(case) :] if name.lower().startswith(case.lower()) else name
    return rest.lstrip("_-. ") if rest[:1] in ("", "_", "-", ".", " ") else name


def _words(name: str) -> list[str]:
    return [word for word in re.split(r"[ _.-]+", name.lower()) if word]


def _ids(found: Folders) -> dict[Path, str]:
    """The names of the folders, with their part of the split where two are alike."""
    names = Counter(inner.name.lower() for inner in found.roles)
    return {
        inner: inner.name if names[inner.name.lower()] == 1 else "_".join(inner.relative_to(found.root).parts)
        for inner in found.roles
    }


def _missing(inner: Path, case_id: str, roles: Roles, found: Folders, part: str | None) -> list[Problem]:
    """What a case lacks and most have; masks may be kept back from those that nothing is learnt from."""
    may_lack = is_mask if part in ("validation", "test") else lambda _: False
    missing = [role for role in found.usual if role not in roles and not may_lack(role)]
    if not missing:
        return []
    what = f"lacks {', '.join(missing)}, which most cases have"
    return [Problem(str(inner), what, "Add the file, or remove the folder.", case_id)]


def _truths(roles: Roles, images: Roles, masks: Mapping[str, Mask]) -> dict[str, Truth]:
    """The label maps of a case: the only one as `labels`, several by role, masks of the whole body last."""
    truths = {}
    for role, mask in masks.items():
        if role in roles:
            of = mask.of if mask.of in images else next(iter(images))
            names, convert = mask.meaning
            answer = lazies.labels_on(roles[role], images[of], names, convert=convert)
            truths["labels" if len(masks) == 1 else role] = Truth(answer, of=of)
    return truths


def _masks(found: Folders) -> dict[str, Mask]:
    """The masks that lie on an image's grid, as the headers of a few cases say; those of the whole body last."""
    order = sorted(filter(is_mask, found.usual), key=lambda role: (role.startswith(WHOLE), role))
    masks = {}
    for role in order:
        few = [roles for roles in found.roles.values() if role in roles and _images(roles)][:FEW]
        fitting = Counter(of for roles in few for of in _same_grid(role, roles)[:1])
        if fitting:
            masks[role] = Mask(fitting.most_common(1)[0][0], meaning_of(found.files(role)))
    return masks


def _same_grid(mask: str, roles: Roles) -> list[str]:
    """The images on whose grid a mask lies; all where its file can not be read, which its own case will say."""
    images = _images(roles)
    try:
        grids = {role: lazies.format_of(roles[role]).read_grid(roles[role]) for role in (mask, *images)}
    except Refused:
        return list(images)
    return [role for role in images if grids[role].close_to(grids[mask])]


def _joined(folder: Path, root: Path, ids: Iterable[str], options: ReadOptions) -> Joined[str]:
    """The rows of the tables beside the folders, by the case's name or by the number at its end."""
    ids = list(ids)
    numbers = {match[0].lstrip("0"): name for name in ids if (match := re.search(r"[0-9]+$", name))}
    by_number = numbers if len(numbers) == len(ids) else {}

    def find(text: str, _: Path) -> str | None:
        if text in ids:
            return text
        return by_number.get(text.lstrip("0")) if text.isascii() and text.isdigit() else None

    places = {folder, root}
    tables = [path for at in sorted(places) for path in files_in(at) if is_table(path)]
    return join(tables, find, lambda text, case_id: [case_id or text], options)
