"""Pairs to register, made of the cases of any data set of images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from hounsfield.formats.table import read_table
from hounsfield.layouts.splits import PARTS, split_by_patient
from hounsfield.values import Case, Dataset, Image, LabelMap, Lazy, Points, Truth, refuse
from hounsfield.values.case import AND

MOST_PAIRS = 300  # of one part: all pairs of 25 cases


def derive_pairs(dataset: Dataset, detail: str) -> Dataset:
    """Pairs of a data set's cases: FIXED__MOVING, with the labels and points of both.

    detail: "" or "all" (every two cases of one part once; of more than MOST_PAIRS, each case with as many neighbours in
    the ring of names as fit), "to-template" (in each part all cases onto its first), or a CSV file `fixed,moving`.
    A pair's part is that of both; two cases of different parts make no pair. Where no part is given, "all" draws them
    by patient, always alike. Raises Refused where no pair is left.
    """
    images = [case for case in dataset if _image_role(case) is not None]
    if detail in ("", "all"):
        placed = images if any(case.split for case in images) else split_by_patient(images, seed=0)
        pairs = [pair for part in _parts(placed) for pair in _ring(part)]
    elif detail == "to-template":
        pairs = [(part[0], moving) for part in _parts(images) for moving in part[1:]]
    else:
        pairs = list(_listed(images, Path(detail)))
    onto = detail == "to-template"
    made = [_pair(fixed, moving, onto) for fixed, moving in pairs if fixed.split == moving.split]
    if not made:
        what = f"gives no pair by pairs={detail or 'all'}"
        raise refuse(dataset.where, what, "At least two cases of one part need an image each.")
    return dataset.with_cases(made)


def _image_role(case: Case) -> str | None:
    """The role that is paired: `image`, or the first image that the case has."""
    roles = [role for role, value in case.inputs.items() if issubclass(value.kind, Image)]
    return "image" if "image" in roles else next(iter(roles), None)


def _parts(cases: Sequence[Case]) -> list[list[Case]]:
    parts = [[case for case in cases if case.split == part] for part in (*PARTS, None)]
    return [sorted(part, key=lambda case: case.id) for part in parts if part]


def _ring(cases: Sequence[Case]) -> Iterator[tuple[Case, Case]]:
    """Every two cases once, neighbours first, as many whole rounds as MOST_PAIRS allows but one at least."""
    n, made = len(cases), 0
    for apart in range(1, n // 2 + 1):
        round_ = n // 2 if 2 * apart == n else n
        if made and made + round_ > MOST_PAIRS:
            return
        made += round_
        for at in range(round_):
            yield cases[at], cases[(at + apart) % n]


def _listed(cases: Sequence[Case], path: Path) -> Iterator[tuple[Case, Case]]:
    table = read_table(path)
    if not {"fixed", "moving"} <= set(table.columns):
        remedy = "Write the columns fixed and moving, or ask for pairs=all or pairs=to-template."
        raise refuse(path, f"has the columns {', '.join(table.columns)}", remedy)
    known: Mapping[str, Case] = {case.id: case for case in cases}
    places = [table.columns.index(role) for role in ("fixed", "moving")]
    for row, line in zip(table.rows, table.lines, strict=True):
        fixed, moving = (row[place] for place in places)
        for name in (fixed, moving):
            if name not in known:
                raise refuse(f"{path}, line {line}", f"names {name!r}, which is no case", "Name cases as inspect does.")
        if fixed == moving:
            raise refuse(f"{path}, line {line}", f"pairs {fixed!r} with itself", "Name two cases.")
        yield known[fixed], known[moving]


def _pair(fixed: Case, moving: Case, onto_template: bool) -> Case:
    inputs: dict[str, Lazy[object]] = {}
    truths: dict[str, Truth] = {}
    for role, case in (("fixed", fixed), ("moving", moving)):
        paired = _image_role(case)
        inputs[role] = case.inputs[str(paired)]
        for name, truth in case.truths.items():
            if truth.of == paired and issubclass(truth.answer.kind, (LabelMap, Points)):
                truths[f"{role}_{name}"] = replace(truth, of=role)
    several = tuple(dict.fromkeys((fixed.patient, moving.patient)))
    return Case(
        f"{fixed.id}__{moving.id}",
        inputs,
        truths,
        # a pair of cases that only stand for themselves stands for itself too
        patient=AND.join(several) if fixed.patients or moving.patients else "",
        site=fixed.site if fixed.site == moving.site else "",
        split=fixed.split,
        several=several,
        template=fixed.patient if onto_template else "",
    )
