"""Landmarks: where in an image named points are, and whether they are there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hounsfield.answers.writing import aside
from hounsfield.evaluation.landmarks import POINT_ERROR, SUCCESS_RATES, success_at
from hounsfield.figures.picture import Picture
from hounsfield.figures.points import points_figure
from hounsfield.formats.points_csv import read_points, write_points
from hounsfield.tasks.mask_points import CENTROIDS, POLES, deriving
from hounsfield.tasks.task import Task
from hounsfield.values import Case, Decision, Facts, Findings, Image, Points, refuse

PRESENT = 0.5  # a point counts as there from this probability on
GOOD = success_at(4.0)  # mm; the widest circle in which the cephalometry challenge counts a landmark as found


def combine(evidences: Sequence[object]) -> Findings:
    """The mean of the members' points, each weighted by how sure its member is that it is there.

    A point that is less likely than not to be there has no coordinates. Raises Refused where the members name other
    points.
    """
    members = [evidence for evidence in evidences if isinstance(evidence, Findings)]
    said = [_points(member) for member in members]
    names = said[0].names
    for other in said[1:]:
        if set(other.names) != set(names):
            what = f"name {', '.join(names)} and {', '.join(other.names)}"
            raise refuse("the members of the ensemble", what, "Join models that find the same points.")
    orders = [[points.names.index(name) for name in names] for points in said]
    places = np.stack([points.coordinates[order] for points, order in zip(said, orders, strict=True)])  # (M, N, d)
    sure = np.nan_to_num(np.stack([points.present[order] for points, order in zip(said, orders, strict=True)]))
    weights = np.where(np.isfinite(places).all(axis=2), sure, 0.0)[..., None]  # (M, N, 1)
    total = weights.sum(axis=0)
    present = np.where(total[:, 0] > 0, sure.mean(axis=0), 0.0)  # where nobody says where, it is not there
    mean = (weights * np.nan_to_num(places)).sum(axis=0) / np.where(total > 0, total, 1.0)
    mean[present < PRESENT] = np.nan
    alarms = dict.fromkeys(alarm for member in members for alarm in member.alarms)
    return Findings(Points(mean, names, present), members[0].parts, alarms=tuple(alarms))


def _points(findings: Findings) -> Points:
    if not isinstance(findings.main, Points):
        raise TypeError(f"landmarks answers with points, not with {type(findings.main).__name__}")
    return findings.main


def succeeded(findings: Findings, case: Case) -> Mapping[str, bool]:
    """Which of the points that are known to be there were found within 4 mm."""
    rows = GOOD.items(findings, case)
    return {row.item: row.numbers[0] == 1.0 for row in rows if row.numbers[0] == row.numbers[0]}


def default(facts: Facts) -> Decision:
    """Heatmaps, whatever the data."""
    return Decision("method", "heatmaps", "networks that paint a heatmap for each point lead the field (Payer 2019)")


def write(findings: Findings, stem: Path, case: Case) -> Sequence[Path]:
    """STEM.csv: name, world coordinates and probability of each point."""
    path = stem.with_name(f"{stem.name}.csv")
    with aside(path) as other:
        write_points(other, _points(findings))
    return [path]


def figure(findings: Findings, case: Case) -> Picture:
    """The points over the image, the truth crossed."""
    image = next(value.load() for value in case.inputs.values() if issubclass(value.kind, Image))
    return points_figure(image, case.truth(Points), _points(findings), title=case.id)


TASK = Task(
    name="landmarks",
    kinds=frozenset({"image"}),
    answer=Points,
    metrics=(POINT_ERROR, *SUCCESS_RATES),
    succeeded=succeeded,
    combine=combine,
    default=default,
    write=write,
    read=read_points,
    figure=figure,
    derive={"centroids": deriving(CENTROIDS), "poles": deriving(POLES), "points": deriving(CENTROIDS, POLES)},
)
