"""Registration: two images of one world each in, a transform between them out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hounsfield.answers.transform_files import read_transform, write_transform
from hounsfield.evaluation.quality import Quality, quality
from hounsfield.evaluation.registration import CARRIED_DICE, FOLDING, TARGET_ERROR
from hounsfield.figures.pair import pair_figure
from hounsfield.figures.picture import Picture
from hounsfield.ops.fields import warp
from hounsfield.tasks.pairs import derive_pairs
from hounsfield.tasks.task import Task
from hounsfield.values import Case, Decision, Facts, Findings, Image, LabelMap, Points, Row, Transform, refuse

GOOD_DICE = 0.7  # of a structure carried along; between patients the best methods reach 0.8 for small structures
GOOD_ERROR_MM = 4.0


def combine(evidences: Sequence[object]) -> Findings:
    """The findings of one model. Raises Refused for several: the mean of transforms is no transform of the pair."""
    if len(evidences) != 1:
        what = f"can not join {len(evidences)} models: the mean of transforms aligns nothing"
        raise refuse("registration", what, "Register with one of them.")
    (findings,) = evidences
    if not isinstance(findings, Findings):
        raise TypeError(f"registration takes findings, not {type(findings).__name__}")
    return findings


def succeeded(findings: Findings, case: Case) -> Mapping[str, bool]:
    """Which structures are carried onto their own, and whether the landmarks are."""
    dice = {row.item: row.numbers[0] >= GOOD_DICE for row in CARRIED_DICE.items(findings, case) if _is_known(row)}
    errors = TARGET_ERROR.items(findings, case)
    return dice | {row.item: row.numbers[0] <= GOOD_ERROR_MM for row in errors if _is_known(row)}


def _is_known(row: Row) -> bool:
    return row.numbers[0] == row.numbers[0]


def transform_of(findings: Findings) -> Transform:
    """The answer, which has to be a transform."""
    if not isinstance(findings.main, Transform):
        raise TypeError(f"registration answers with a transform, not with {type(findings.main).__name__}")
    return findings.main


def default(facts: Facts) -> Decision:
    """Optimisation, whatever the data."""
    return Decision("method", "deformable", "it needs no training and is robust on small sets (Hansen 2021)")


def write(findings: Findings, stem: Path, case: Case) -> Sequence[Path]:
    """STEM.json with the affine part and both grids, STEM.nii.gz with the displacement."""
    return write_transform(transform_of(findings), stem)


def figure(findings: Findings, case: Case) -> Picture:
    """The fixed image and the moving one carried onto it; both in two colours, before and after."""
    fixed, moving = (case.inputs[role].load() for role in ROLES)
    t = transform_of(findings)
    as_placed = Transform(t.fixed_grid, t.moving_grid, np.eye(t.fixed_grid.ndim + 1))
    return pair_figure(fixed, _carried(moving, t), before=_carried(moving, as_placed), title=case.id)


def quality_of(findings: Findings, case: Case) -> Quality:
    """How the transform looks on the case's own images, without any truth."""
    fixed, moving = (case.inputs[role].load() for role in ROLES)
    return quality(transform_of(findings), fixed, moving)


def _carried(moving: Image, t: Transform) -> Image:
    return Image.of(warp(moving.array(), moving.grid, t.fixed_grid, t.affine, t.displacement), t.fixed_grid)


ROLES = ("fixed", "moving")

TASK = Task(
    name="registration",
    kinds=frozenset({"fixed image", "moving image"}),
    answer=Transform,
    metrics=(CARRIED_DICE, TARGET_ERROR, FOLDING),
    succeeded=succeeded,
    combine=combine,
    default=default,
    write=write,
    read=read_transform,
    figure=figure,
    derive={"pairs": derive_pairs},
    truths=(LabelMap, Points),
    roles=ROLES,
)
