"""Segmentation: a class for each element of an image, and where asked for, objects told apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.answers.label_files import read_label_map, write_label_map
from hounsfield.answers.probability_files import write_probabilities
from hounsfield.evaluation.overlap import dice
from hounsfield.evaluation.segmentation import DICE, FOREGROUND_DICE, HD95, INSTANCE_AP, LESION_F1, NSD, VOLUME_ERROR
from hounsfield.figures.label_maps import label_map_figure
from hounsfield.figures.picture import Picture
from hounsfield.ops.components import split_objects
from hounsfield.tasks.dense import joint
from hounsfield.tasks.task import Task
from hounsfield.values import Case, Decision, Dense, Facts, Findings, Image, LabelMap

GOOD_DICE = 0.8  # a structure counts as well segmented from here on
SMALLEST_OBJECT = 10  # elements; what is smaller is no object
BORDER = "border"


def combine(evidences: Sequence[object]) -> Findings:
    """The likeliest class of the mean of the members' probabilities; objects split where there is a border channel."""
    evidence = joint([evidence for evidence in evidences if isinstance(evidence, Dense)])
    decided = np.zeros(evidence.grid.shape, np.int32)
    has_border = BORDER in evidence.channels
    foreground, interior = np.zeros((2 * has_border, *evidence.grid.shape), np.float32) if has_border else (None, None)
    values = _values(evidence)
    for start, stop, mean in evidence.slabs():
        decided[start:stop] = values[mean[: len(values)].argmax(axis=0)]
        if foreground is not None and interior is not None:
            foreground[start:stop], interior[start:stop] = 1 - mean[0], mean[1 : len(values)].sum(axis=0)
            inside = mean[1 : len(values)].argmax(axis=0)
            decided[start:stop] = values[1:][inside]
    if foreground is None or interior is None:
        return Findings(LabelMap(decided.astype(_smallest(values)), evidence.grid, evidence.labels))
    instances = split_objects(foreground, interior, min_size=SMALLEST_OBJECT)
    return Findings(LabelMap(_one_label_each(decided, instances), evidence.grid, evidence.labels, instances))


def _values(evidence: Dense) -> NDArray[np.int32]:
    """The label value of each channel, the background's first, the border left out."""
    by_name = {name: value for value, name in evidence.labels.items()}
    return np.array([0, *(by_name[name] for name in evidence.channels[1:] if name != BORDER)], np.int32)


def _smallest(values: NDArray[np.int32]) -> np.dtype[np.unsignedinteger]:
    return np.min_scalar_type(int(values.max()))


def _one_label_each(decided: NDArray[np.int32], instances: NDArray[np.int32]) -> NDArray[np.unsignedinteger]:
    """Each object gets the label that most of its elements have."""
    labels, inverse = np.unique(decided, return_inverse=True)
    votes = np.zeros((int(instances.max()) + 1, len(labels)), np.int64)
    np.add.at(votes, (instances.ravel(), inverse.ravel()), 1)
    winners = labels[votes.argmax(axis=1)]
    winners[0] = 0
    return winners[instances].astype(_smallest(labels))


def succeeded(findings: Findings, case: Case) -> Mapping[str, bool]:
    """Which structures reach the Dice that counts as good."""
    truth = case.truth(LabelMap)
    if truth is None:
        return {}
    masks = _label_map(findings).structures()
    scores = {name: dice(masks[name] & truth.known, mask) for name, mask in truth.structures().items() if name in masks}
    return {name: score >= GOOD_DICE for name, score in scores.items() if score == score}


def _label_map(findings: Findings) -> LabelMap:
    if not isinstance(findings.main, LabelMap):
        raise TypeError(f"segmentation answers with a label map, not with {type(findings.main).__name__}")
    return findings.main


def default(facts: Facts) -> Decision:
    """A U-Net, whatever the data."""
    return Decision("method", "unet", "U-Nets planned from the data lead the field in segmentation (Isensee 2021)")


def write(findings: Findings, stem: Path, case: Case) -> Sequence[Path]:
    """The label map on its input's grid, in the input's kind of file; objects in a second file."""
    return write_label_map(_label_map(findings), stem)


def figure(findings: Findings, case: Case) -> Picture:
    """The image with the answer filled and the truth outlined."""
    image = next(value.load() for value in case.inputs.values() if issubclass(value.kind, Image))
    return label_map_figure(image, case.truth(LabelMap), _label_map(findings), title=case.id)


TASK = Task(
    name="segmentation",
    kinds=frozenset({"image"}),
    answer=LabelMap,
    metrics=(DICE, FOREGROUND_DICE, NSD, HD95, VOLUME_ERROR, LESION_F1, INSTANCE_AP),
    succeeded=succeeded,
    combine=combine,
    default=default,
    write=write,
    write_evidence=write_probabilities,
    read=read_label_map,
    figure=figure,
)
