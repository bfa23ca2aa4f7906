"""Whose a case is, as its name tells: SCD0000101_ED and SCD0000101_ES, patient001_frame01_slice_0, Image_01L and 01R.

A name is that of a patient where it holds a number and what stands behind it is a word for a moment, a side or a slice.
Numbers alone are no such word: case_001 and case_002 are two patients. A folder called patient00001 is that of one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from os.path import relpath
from pathlib import Path

from hounsfield.formats.files import stem_of
from hounsfield.layouts.case_folders import KNOWN
from hounsfield.layouts.folders import is_image
from hounsfield.values import Case, Dataset

COUNTED = "day|frame|month|phase|ses|session|slice|time|timepoint|tp|visit|week"
NAMED = "baseline|cc|diastole|ed|es|exp|expiration|followup|insp|inspiration|l|left|mlo|od|os|post|pre|r|right|systole"
BEHIND = rf"(?:[ _.-](?:(?:{COUNTED})[ _.-]?\d*|(?:{NAMED})\d*))+"
OWNER = re.compile(rf"(.*?\d.*?){BEHIND}", re.IGNORECASE)
LONGEST = 255
"""No file has a longer name, and no longer id is looked at: what is asked of names takes the square of their length."""

FEW = 2
"""So few cases may all be of one patient; more of them are slices of a set whose patients nobody named."""

SIDE = re.compile(r"(.*\d)[LR]")
PERSON = re.compile(r"(?:participant|pat|patient|person|sub|subj|subject)[ _.-]?\d+", re.IGNORECASE)


def owner_of(name: str) -> str:
    """Whose a file or a folder of this name is: what stands before moments, sides and slices, or the whole name.

    What an image was taken with is nobody: t2_slice_0 is of no patient t2.
    """
    match = OWNER.fullmatch(name) if len(name) <= LONGEST else None
    return match[1] if match and match[1].lower() not in KNOWN else name


def told_by_names(dataset: Dataset, folder: Path) -> Dataset:
    """The data set with the patients that names tell, each by its own, and a note where cases come together so.

    Nothing is changed where the folder itself says whose any of the cases is, nor where all of more than two cases
    would be of one patient by numbers of slices or moments: then the number before them is no patient's.
    """
    if any(case.patients for case in dataset):
        return dataset
    owners = _owners(dataset, folder)
    if len(dataset) > FEW and len(set(owners.values())) == 1 and len(owners) == len(dataset):
        return dataset
    cases = tuple(replace(case, patient=owners.get(case.id, "")) for case in dataset)
    usual, times = Counter(case.patient for case in cases).most_common(1)[0] if cases else ("", 0)
    if times < 2:
        return replace(dataset, cases=cases)
    some = ", ".join([case.id for case in cases if case.patient == usual][:3])
    note = (
        f"patients are told from the names of the cases: {some}{', ...' * (times > 3)} are of {usual!r}; "
        "if that is wrong, a manifest with a column `patient` says it better"
    )
    return replace(dataset, cases=cases, notes=(*dataset.notes, note))


def _owners(dataset: Dataset, folder: Path) -> dict[str, str]:
    """Case -> whose it is, of those whose names tell; with its folders where files in two folders are called alike."""
    names = {case.id: _name(case) for case in dataset}
    are_alike = len(set(names.values())) < len(names)
    owners = _with_sides({case_id: owner_of(name) for case_id, name in names.items()})
    inside = {case.id: _folders(case, folder) for case in dataset}
    told = {case_id: owner for case_id, owner in owners.items() if owner != names[case_id]}
    if are_alike:
        told = {case_id: "_".join((*inside[case_id], owner)) for case_id, owner in told.items()}
    return told | _persons(inside)


def _name(case: Case) -> str:
    """The name of the file that a case is named after, which has no folder or class before it; else the case's own."""
    where = next((value.where for value in case.inputs.values()), "")
    stem = stem_of(Path(where)) if is_image(Path(where)) else ""
    return stem if stem and stem in case.id else case.id


def _with_sides(owners: Mapping[str, str]) -> dict[str, str]:
    """Without the letter for a side behind the number, where both sides of it are there."""
    every = set(owners.values())
    found = {case_id: SIDE.fullmatch(owner) for case_id, owner in owners.items()}
    return {
        case_id: match[1] if match and {f"{match[1]}L", f"{match[1]}R"} <= every else owners[case_id]
        for case_id, match in found.items()
    }


def _persons(inside: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Case -> the folder of a person that its first file lies in; with its folders where two are called alike.

    inside: the folders that each case's first file lies in.
    """
    at = {
        case_id: next((n for n, part in enumerate(parts) if PERSON.fullmatch(part)), None)
        for case_id, parts in inside.items()
    }
    found = {case_id: inside[case_id][: n + 1] for case_id, n in at.items() if n is not None}
    times = Counter(parts[-1] for parts in set(found.values()))
    return {c: parts[-1] if times[parts[-1]] == 1 else "_".join(parts) for c, parts in found.items()}


def _folders(case: Case, folder: Path) -> tuple[str, ...]:
    """The folders that a case's first file lies in."""
    where = next((value.where.split("::")[0] for value in case.inputs.values()), "")
    parts = Path(relpath(where, folder)).parts[:-1] if where else ()
    return () if ".." in parts else parts
