"""A folder for each class, maybe inside train, val and test: [train/]CLASS/IMAGE.jpeg.

Masks beside the images (IMAGE_mask.png) are no images of a class.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.dicom.file import DicomFile
from hounsfield.formats.files import stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import (
    PARTS,
    all_files,
    bare_name,
    files_in,
    folders_in,
    images_among,
    images_in,
    is_table,
    roots,
    unclaimed,
)
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import FOLDERS, without_masks
from hounsfield.values import Case, Dataset, Diagnosis, Refused, Truth, refuse

NOT_CLASSES = frozenset({
    *FOLDERS, "annotations", "image", "images", "imagestr", "imagests", "imgs", "jpegimages", "labelstr", "labelsts",
})  # fmt: skip

SAMPLE = 48
"""So many DICOM files are looked into to tell pictures from slices."""

SLICES = 0.3
"""So sure that folders of slices are classes: told, but not looked at beside the series that they are of."""

Found = tuple[Path, str, str | None]  # image, class, part of the split


@dataclass(frozen=True)
class ClassFolders:
    """The layout."""

    name: str = "class_folders"

    def detect(self, folder: Path) -> Claim | None:
        """Rather sure where two or more folders hold nothing but images, and no table says otherwise."""
        root, found = _find(folder)
        if not found:
            return None
        sure = _sure(found)
        if not sure:
            return None
        classes = sorted({name for _, name, _ in found})
        return Claim(sure, f"the images lie in a folder for each class: {', '.join(classes[:8])}", "diagnosis", root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a diagnosis; the classes are the folder names in order."""
        _, found = _find(folder)
        if not found:
            raise refuse(folder, "has no folder of images for each class", "Put the images into CLASS/ folders.")
        classes = tuple(sorted({name for _, name, _ in found}))
        ids = [f"{name}_{stem_of(path)}" for path, name, _ in found]
        if len({i.lower() for i in ids}) < len(ids):  # the same name in two parts, or with two suffixes
            ids = ["_".join((*path.relative_to(folder).parts[:-1], path.name)) for path, _, _ in found]
        cases = []
        for case_id, (path, name, part) in zip(ids, found, strict=True):
            answer = lazies.ready(Diagnosis.certain(name, classes), str(path.parent), name.encode())
            cases.append(Case(case_id, {"image": lazies.image(path)}, {"diagnosis": Truth(answer)}, split=part))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="diagnosis",
            task_why=f"each image lies in the folder of one of {len(classes)} classes",
            unclaimed=unclaimed(folder, [path for path, _, _ in found]),
        )


LAYOUT = ClassFolders()


def _find(folder: Path) -> tuple[Path, list[Found]]:
    for root in roots(folder):
        parts = [inner for inner in folders_in(root) if inner.name.lower() in PARTS]
        found = [item for inner in parts for item in _classes(inner, PARTS[inner.name.lower()])]
        found = found or _classes(root, None)
        if len({name for _, name, _ in found}) > 1:
            everything = without_masks(images_among(all_files(folder)))
            return (root, found) if len(found) == len(everything) else (root, [])  # others have no class
    return folder, []


def _classes(folder: Path, part: str | None) -> list[Found]:
    """The images of the class folders in a folder; none where a table or other names tell that they are no classes."""
    if any(is_table(path) for path in files_in(folder)):
        return []
    inner = [path for path in folders_in(folder) if images_in(path)]
    if any(bare_name(path.name) in NOT_CLASSES or path.name.lower() in PARTS for path in inner):
        return []
    if _are_cases({path: images_in(path) for path in inner}):
        return []
    return [(image, path.name, part) for path in inner for image in without_masks(images_in(path))]


def _are_cases(images: Mapping[Path, Sequence[Path]]) -> bool:
    """Whether the folders hold files called alike, by words that are no numbering: cases with a file for each role."""
    if len(images) < 3:
        return False
    roles = Counter(frozenset(_role(path, inner) for path in files) for inner, files in images.items())
    usual, times = roles.most_common(1)[0]
    are_words = all(any(map(str.isalpha, role)) for role in usual)
    numbered = {re.sub(r"\d+", "", role) for role in usual}
    is_numbering = len(usual) > 1 and len(numbered) == 1
    return are_words and not is_numbering and 2 * times > len(images) >= len(usual)


def _role(path: Path, folder: Path) -> str:
    """What is left of a file's name without its folder's."""
    return stem_of(path).replace(folder.name, "")


def _sure(found: Sequence[Found]) -> float:
    """How sure it is that folders are classes: not at all of DICOM in folders that are one person's each.

    Of DICOM pictures that lie nowhere, no slices, it is surer than dicom_series, which makes nothing of the folders.
    """
    sample = found[:: max(1, len(found) // SAMPLE)]
    if not all(DicomFile(path).has_magic() for path, _, _ in sample):
        return 0.6
    from hounsfield.formats.dicom.header import read_header  # pydicom takes half a second: only where it is needed

    people = defaultdict[str, set[str]](set)
    are_slices = False
    for path, name, _ in sample:
        try:
            header = read_header(DicomFile(path))
        except Refused:  # reading the case says so
            continue
        are_slices |= any(frame.place is not None for frame in header.frames)
        people[name].add(header.patient)
    owners = [patient for patients in people.values() for patient in patients]
    if people and len(owners) == len(people) == len(set(owners)) and "" not in owners:
        return 0.0
    return SLICES if are_slices else 0.9 if people else 0.6
