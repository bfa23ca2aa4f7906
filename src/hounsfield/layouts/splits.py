"""Training, validation and test: by patient, the same for the same seed whatever the order of the cases."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hounsfield.formats.table import read_table, write_table
from hounsfield.values import Case, refuse

PARTS = ("training", "validation", "test")
SHARES = (0.7, 0.15, 0.15)


def split_by_patient(
    cases: Sequence[Case],
    *,
    seed: int,
    shares: tuple[float, float, float] = SHARES,
    strata: Mapping[str, str] | None = None,
) -> tuple[Case, ...]:
    """The cases with a part each; all cases of a patient in one.

    Parts that are given stay, and what is missing is filled in: without a test part nothing is taken from a given
    split for one, without a validation part it is drawn from the training patients. Cases without truth get no part,
    unless no case has one.
    strata: case id -> group, in each of which the shares are kept. Refuses a patient whose cases are in two parts.
    """
    given = _given(cases)
    labelled = {case.patient for case in cases if case.truths} or {case.patient for case in cases}
    free = sorted(labelled - set(given))
    share = dict(zip(PARTS, shares, strict=True))
    groups = _groups(cases, strata or {})
    open_parts = PARTS[:2] if "test" in given.values() else PARTS
    parts = {**given, **_draw(free, {part: share[part] for part in open_parts}, groups, seed)}
    if "validation" not in parts.values():
        pool = sorted(patient for patient, part in parts.items() if part == "training")
        if len(pool) > 1:
            parts |= _draw(pool, {part: share[part] for part in PARTS[:2]}, groups, seed)
    return tuple(replace(case, split=_part_of(case, parts, labelled)) for case in cases)


def apply_split(cases: Sequence[Case], split: Mapping[str, str], where: object) -> tuple[Case, ...]:
    """The cases with the parts that a file gives; those it leaves out get none.

    Refuses ids that no case has, and a patient in two parts.
    """
    unknown = sorted(set(split) - {case.id for case in cases})
    if unknown:
        more = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
        raise refuse(where, f"names {unknown[0]!r}{more}, which is no case of this data", "Name cases as inspect does.")
    placed = tuple(replace(case, split=split.get(case.id)) for case in cases)
    _given(placed, where)
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


def _given(cases: Sequence[Case], where: object = "") -> dict[str, str]:
    """Patient -> part, as the cases have it. Refuses a patient in two parts."""
    parts: dict[str, str] = {}
    for case in cases:
        if case.split is not None and parts.setdefault(case.patient, case.split) != case.split:
            what = (
                f"the patient {case.patient!r} is in {parts[case.patient]} and, with case {case.id!r}, in {case.split}"
            )
            raise refuse(where, what, "Keep all cases of a patient in one part.")
    return parts


def _groups(cases: Sequence[Case], strata: Mapping[str, str]) -> dict[str, str]:
    """Patient -> stratum; of several cases, all their strata together."""
    found: dict[str, set[str]] = {}
    for case in cases:
        found.setdefault(case.patient, set()).add(strata.get(case.id, ""))
    return {patient: "|".join(sorted(names)) for patient, names in found.items()}


def _draw(patients: Sequence[str], shares: Mapping[str, float], groups: Mapping[str, str], seed: int) -> dict[str, str]:
    """Patient -> part. In an order made of stratum and seed, each goes to the part that lags furthest behind."""
    order = sorted(patients, key=lambda p: (groups[p], hashlib.sha256(f"{seed}:{p}".encode()).digest()))
    whole = sum(shares.values())
    counts = dict.fromkeys(shares, 0)
    parts: dict[str, str] = {}
    for number, patient in enumerate(order, start=1):
        part = max(counts, key=lambda name: number * shares[name] / whole - counts[name])
        counts[part] += 1
        parts[patient] = part
    return parts


def _part_of(case: Case, parts: Mapping[str, str], labelled: set[str]) -> str | None:
    if case.split is None and case.patient not in labelled:
        return None
    return parts.get(case.patient)
