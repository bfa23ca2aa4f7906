"""Training, validation and test: by patient, the same for the same seed whatever the order of the cases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hounsfield.formats.table import read_table, write_table
from hounsfield.values import Case, refuse
from hounsfield.values.together import groups_of

PARTS = ("training", "validation", "test")
SHARES = (0.7, 0.15, 0.15)
JOINED = (
    "Say whose each pair is in a column `patient`, take out the pairs that join the others (--split names those to "
    "keep), or, where one image is the template of all, derive pairs of the images: --derive pairs=to-template."
)


def split_by_patient(
    cases: Sequence[Case],
    *,
    seed: int,
    shares: tuple[float, float, float] = SHARES,
    strata: Mapping[str, str] | None = None,
) -> tuple[Case, ...]:
    """The cases with a part each; all cases of a patient in one, and all pairs that share patients in a chain.

    Parts that are given stay, and what is missing is filled in: without a test part nothing is taken from a given
    split for one, without a validation part it is drawn from the training patients. Cases without truth get no part,
    unless no case has one; nor do those that would join two given parts.
    strata: case id -> group, in each of which the shares are kept. Refuses a patient whose cases are in two parts, and
    cases of several patients that hang together so that none can be held back.
    """
    _refuse_two_parts(cases)
    group_of = groups_of(cases)
    labelled = {group_of[case.id] for case in cases if case.truths} or set(group_of.values())
    given = _given(cases, group_of)
    free = sorted(labelled - set(given))
    share = dict(zip(PARTS, shares, strict=True))
    mixed = _strata(cases, group_of, strata or {})
    open_parts = PARTS[:2] if any(case.split == "test" for case in cases) else PARTS
    drawn = _draw(free, {part: share[part] for part in open_parts}, mixed, seed)
    parts = {group: next(iter(found)) for group, found in given.items() if len(found) == 1} | drawn
    if "validation" not in {*parts.values(), *(case.split for case in cases)}:
        pool = sorted(group for group, part in parts.items() if part == "training")
        if len(pool) > 1:
            parts |= _draw(pool, {part: share[part] for part in PARTS[:2]}, mixed, seed)
        if not given and "validation" not in parts.values():
            _refuse_joined(cases, len(free))
    return tuple(replace(case, split=_part_of(case, group_of[case.id], parts, labelled)) for case in cases)


def apply_split(cases: Sequence[Case], split: Mapping[str, str], where: object) -> tuple[Case, ...]:
    """The cases with the parts that a file gives; those it leaves out get none.

    Refuses ids that no case has, and a patient in two parts.
    """
    unknown = sorted(set(split) - {case.id for case in cases})
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise refuse(where, f"names {unknown[0]!r}{more}, which is no case of this data", "Name cases as inspect does.")
    placed = tuple(replace(case, split=split.get(case.id)) for case in cases)
    _refuse_two_parts(placed, where)
    return placed


def read_split(path: Path) -> dict[str, str]:
    """Case id -> part, from a CSV with the columns case and part."""
    table = read_table(path)
    if not {"case", "part"} <= set(table.columns):
        raise refuse(path, f"has the columns {', '.join(table.columns)}", "Write the columns case and part.")
    case, part = table.columns.index("case"), table.columns.index("part")
    split: dict[str, str] = {}
    for row, line in zip(table.rows, table.lines, strict=True):
        if row[part] not in PARTS:
            raise refuse(f"{path}, line {line}", f"has the part {row[part]!r}", f"Write one of {', '.join(PARTS)}.")
        if split.setdefault(row[case], row[part]) != row[part]:
            what = f"puts {row[case]!r} into {row[part]}, which is in {split[row[case]]} already"
            raise refuse(f"{path}, line {line}", what, "Name each case once.")
    return split


def write_split(path: Path, cases: Iterable[Case]) -> None:
    """Write the part of each case that has one."""
    write_table(path, ("case", "part"), [(case.id, case.split) for case in cases if case.split is not None])


def _refuse_two_parts(cases: Sequence[Case], where: object = "") -> None:
    """Raise Refused for a patient in two parts."""
    parts: dict[str, str] = {}
    for case in cases:
        for name in case.bonds if case.split is not None else ():
            if parts.setdefault(name, str(case.split)) != case.split:
                what = f"the patient {name!r} is in {parts[name]} and, with case {case.id!r}, in {case.split}"
                raise refuse(where, what, "Keep all cases of a patient in one part.")


def _refuse_joined(cases: Sequence[Case], groups: int) -> None:
    """Raise Refused where cases of several patients, such as pairs, are what leaves too few groups to divide."""
    if groups < len(cases) and any(len(case.bonds) > 1 for case in cases):
        what = f"hang together, each sharing a patient or an image with another, in {groups} group{'s' * (groups != 1)}"
        raise refuse("the cases", f"{what}, so that none can be held back to choose by", JOINED)


def _given(cases: Sequence[Case], group_of: Mapping[str, str]) -> dict[str, set[str]]:
    """Group -> parts, as the cases have them."""
    parts: dict[str, set[str]] = {}
    for case in cases:
        if case.split is not None:
            parts.setdefault(group_of[case.id], set()).add(case.split)
    return parts


def _strata(cases: Sequence[Case], group_of: Mapping[str, str], strata: Mapping[str, str]) -> dict[str, str]:
    """Group -> stratum; of several cases, all their strata together."""
    found: dict[str, set[str]] = {}
    for case in cases:
        found.setdefault(group_of[case.id], set()).add(strata.get(case.id, ""))
    return {group: "|".join(sorted(names)) for group, names in found.items()}


def _draw(groups: Sequence[str], shares: Mapping[str, float], strata: Mapping[str, str], seed: int) -> dict[str, str]:
    """Group -> part. In an order made of stratum and seed, each goes to the part that lags furthest behind."""
    order = sorted(groups, key=lambda g: (strata[g], hashlib.sha256(f"{seed}:{g}".encode()).digest()))
    whole = sum(shares.values())
    counts = dict.fromkeys(shares, 0)
    parts: dict[str, str] = {}
    for number, group in enumerate(order, start=1):
        part = max(counts, key=lambda name: number * shares[name] / whole - counts[name])
        counts[part] += 1
        parts[group] = part
    return parts


def _part_of(case: Case, group: str, parts: Mapping[str, str], labelled: set[str]) -> str | None:
    if case.split is None and group not in labelled:
        return None
    return parts.get(group, case.split)
