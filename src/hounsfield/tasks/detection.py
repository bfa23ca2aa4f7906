"""Detection: where the objects are, as boxes with classes and scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.answers.box_files import read_boxes, write_boxes
from hounsfield.evaluation.detection import AVERAGE_PRECISION, SENSITIVITY_AT_1_FP, match
from hounsfield.figures.boxes import boxes_figure
from hounsfield.figures.picture import Picture
from hounsfield.ops.boxes import boxes_of_instances, weighted_fusion
from hounsfield.ops.components import connected_components
from hounsfield.tasks.task import Task
from hounsfield.values import (
    Boxes,
    Case,
    Dataset,
    Decision,
    Facts,
    Findings,
    Image,
    LabelMap,
    Lazy,
    Truth,
    refuse,
)

FUSED_FROM = 0.55  # overlap from which boxes of several models are one (Solovyev 2021)
SURE = 0.5  # score from which a box is taken at its word
GOOD_F1 = 0.7  # a class counts as well found from here on


def combine(evidences: Sequence[object]) -> Findings:
    """Weighted fusion of the members' boxes, each class for itself, best score first; alarms are said once."""
    members = [evidence for evidence in evidences if isinstance(evidence, Findings)]
    said = [_boxes(member) for member in members]
    grid = said[0].grid
    if any(other.grid != grid for other in said[1:]):
        raise refuse("the members of the ensemble", "answer on different grids", "Join models of the same input.")
    corners, scores, labels = [np.empty((0, 2, grid.ndim))], [np.empty(0)], list[str]()
    for name in sorted({label for boxes in said for label in boxes.labels}):
        own = [np.array([label == name for label in boxes.labels], bool) for boxes in said]
        parts = [(boxes.corners_index[mine], boxes.scores[mine]) for boxes, mine in zip(said, own, strict=True)]
        fused, joint = weighted_fusion(parts, FUSED_FROM)
        corners.append(fused)
        scores.append(joint)
        labels += [name] * len(joint)
    every = np.concatenate(scores)
    order = np.argsort(-every, kind="stable")
    boxes = Boxes(np.concatenate(corners)[order], grid, tuple(labels[n] for n in order), every[order])
    alarms = dict.fromkeys(alarm for member in members for alarm in member.alarms)
    return Findings(boxes, members[0].parts, alarms=tuple(alarms))


def _boxes(findings: Findings) -> Boxes:
    if not isinstance(findings.main, Boxes):
        raise TypeError(f"detection answers with boxes, not with {type(findings.main).__name__}")
    return findings.main


def succeeded(findings: Findings, case: Case) -> Mapping[str, bool]:
    """Which classes are well found: by the F1 of their sure boxes, of the classes that either side has."""
    truth, said = case.truth(Boxes), _boxes(findings)
    if truth is None:
        return {}
    sure = _only(said, said.scores >= SURE)
    matching = match(sure, truth)
    good = {}
    for name in sorted({*truth.labels, *sure.labels}):
        claimed = np.array([label == name for label in sure.labels], bool) & ~matching.ignored
        there = np.array([label == name for label in truth.labels], bool) & ~truth.ignore
        counted = int(claimed.sum() + there.sum())
        if counted:
            good[name] = bool(2 * (matching.hit & claimed).sum() / counted >= GOOD_F1)
    return good


def _only(boxes: Boxes, chosen: NDArray[np.bool_]) -> Boxes:
    labels = tuple(label for label, is_chosen in zip(boxes.labels, chosen, strict=True) if is_chosen)
    return Boxes(boxes.corners_index[chosen], boxes.grid, labels, boxes.scores[chosen], boxes.ignore[chosen])


def default(facts: Facts) -> Decision:
    """CenterNet, whatever the data."""
    why = "one small network without anchors to tune, strong on few classes of like sizes (Zhou 2019)"
    return Decision("method", "centernet", why)


def write(findings: Findings, stem: Path, case: Case) -> Sequence[Path]:
    """STEM.csv: a line a box; STEM.grid.json: the grid that its indices count on."""
    return write_boxes(_boxes(findings), stem)


def figure(findings: Findings, case: Case) -> Picture:
    """The image with the boxes of answer and truth."""
    image = next(value.load() for value in case.inputs.values() if issubclass(value.kind, Image))
    return boxes_figure(image, case.truth(Boxes), _boxes(findings), title=case.id)


def derive_boxes(dataset: Dataset, detail: str) -> Dataset:
    """Boxes around the objects of label maps: `--derive boxes`, or of some labels only, `--derive boxes=LABEL,LABEL`.

    Objects are those that the label map tells apart, else connected parts of a label. Cases without one have no truth.
    """
    wanted = tuple(name for name in detail.split(",") if name)
    cases = []
    for case in dataset:
        found = next(((n, t) for n, t in case.truths.items() if issubclass(t.answer.kind, LabelMap)), None)
        truths = {} if found is None else {found[0]: _derived(found[1], wanted)}
        cases.append(replace(case, truths=truths))
    return replace(dataset.with_cases(cases), task="detection", task_why="boxes around the objects of label maps")


def _derived(truth: Truth, wanted: tuple[str, ...]) -> Truth:
    labels: Lazy[LabelMap] = truth.answer
    lazy = Lazy(Boxes, labels.where, partial(_boxes_around, labels, wanted), partial(_digest, labels, wanted))
    return replace(truth, answer=lazy)


def _digest(labels: Lazy[LabelMap], wanted: tuple[str, ...]) -> str:
    return sha256(f"boxes of {wanted} in {labels.digest()}".encode()).hexdigest()


def _boxes_around(labels: Lazy[LabelMap], wanted: tuple[str, ...]) -> Boxes:
    """A box around each object; what is unknown may hold any of the labels, and is a box to be ignored for each."""
    value = labels.load()
    unknown = [name for name in wanted if name not in value.labels.values()]
    if unknown:
        what = f"has no label {', '.join(unknown)}"
        raise refuse(labels.where, what, f"Its labels are {', '.join(value.labels.values())}.")
    corners, names, ignore = [np.empty((0, 2, value.grid.ndim))], list[str](), list[bool]()
    for found, name, is_unknown in _objects(value, wanted or tuple(value.labels.values())):
        corners.append(found)
        names += [name] * len(found)
        ignore += [is_unknown] * len(found)
    return Boxes(np.concatenate(corners), value.grid, tuple(names), ignore=np.array(ignore, bool))


def _objects(value: LabelMap, wanted: tuple[str, ...]) -> Iterator[tuple[NDArray[np.float64], str, bool]]:
    """The boxes (N, 2, d) of each label, and those of what is unknown."""
    known = {number: name for number, name in value.labels.items() if name in wanted and number != value.ignore}
    for number, name in known.items():
        mask = value.array == number
        objects = connected_components(mask)[0] if value.instances is None else np.where(mask, value.instances, 0)
        yield boxes_of_instances(objects)[1], name, False
        if value.ignore is not None:
            yield boxes_of_instances(connected_components(~value.known)[0])[1], name, True


TASK = Task(
    name="detection",
    kinds=frozenset({"image"}),
    answer=Boxes,
    metrics=(AVERAGE_PRECISION, SENSITIVITY_AT_1_FP),
    succeeded=succeeded,
    combine=combine,
    default=default,
    write=write,
    read=read_boxes,
    figure=figure,
    derive={"boxes": derive_boxes},
)
