"""Metrics of label maps: one row for each label and region of the truth.

Voxels that the truth does not know are taken out of both masks. Structures are matched by name, not by value; a label
map without names (each label is called by its value, as in a bare file) takes those of the other.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hounsfield.evaluation.metric import Metric, Pooling, main_answer
from hounsfield.evaluation.overlap import dice, lesion_counts, volume_error
from hounsfield.evaluation.surface import hd95, nsd
from hounsfield.ops.components import connected_components
from hounsfield.values import Case, Findings, Grid, LabelMap, Row, refuse

Box = tuple[slice, ...]

TOLERANCE = {"mm": 1.0, "px": 2.0}
"""How far a surface may be off in NSD, by the unit of the grid: about what two readers differ by."""

INSTANCE_IOU = 0.5
"""Above one half, an object can be matched with one other at most (Kirillov et al. 2019, panoptic segmentation)."""


class Pair(NamedTuple):
    """A structure in the answer and in the truth: masks of the same part of the image, which holds all of both."""

    name: str
    found: NDArray[np.bool_]
    truth: NDArray[np.bool_]
    grid: Grid


def pairs(found: LabelMap, truth: LabelMap, case_id: str) -> Iterator[Pair]:
    """Each structure of the truth with its counterpart, one after the other; empty where the answer lacks it.

    A region that the answer does not name is put together from its labels. Refuses an answer on another grid, and one
    that has no name in common with the truth.
    """
    found, truth = named_alike(found, truth)
    _check(found, truth, case_id)
    found_boxes, true_boxes = _boxes(found), _boxes(truth)
    found_table = _table(found)
    for name, true_values in _table(truth).items():
        parts = [truth.labels[value] for value in true_values if value in truth.labels]
        found_values = found_table.get(name) or {value for part in parts for value in found_table.get(part, ())}
        held = [found_boxes[v] for v in found_values if v in found_boxes]
        held += [true_boxes[v] for v in true_values if v in true_boxes]
        box = tuple(
            slice(min((b[axis].start for b in held), default=0), max((b[axis].stop for b in held), default=0))
            for axis in range(truth.grid.ndim)
        )
        true_part = truth.array[box]
        found_mask = np.isin(found.array[box], sorted(found_values))
        if truth.ignore is not None:
            found_mask &= true_part != truth.ignore
        yield Pair(name, found_mask, np.isin(true_part, sorted(true_values)), truth.grid)


def named_alike(found: LabelMap, truth: LabelMap) -> tuple[LabelMap, LabelMap]:
    """Both as they are, or the one without names with the names and regions of the other."""
    if _is_unnamed(found) == _is_unnamed(truth):
        return found, truth
    return (_named_as(found, truth), truth) if _is_unnamed(found) else (found, _named_as(truth, found))


def _is_unnamed(labels: LabelMap) -> bool:
    return not labels.regions and all(name == str(value) for value, name in labels.labels.items())


def _named_as(labels: LabelMap, other: LabelMap) -> LabelMap:
    return replace(labels, labels={**labels.labels, **other.labels}, regions=other.regions)


def _check(found: LabelMap, truth: LabelMap, case_id: str) -> None:
    same_space = found.grid.unit == truth.grid.unit and found.grid.frame == truth.grid.frame
    # A picture and its mask need not both know their pixel spacing; where both know their place, a tenth of a voxel
    # is what headers of the same image differ by.
    if found.grid.shape != truth.grid.shape or (same_space and not found.grid.close_to(truth.grid, 0.1)):
        what = f"the answer lies on {found.grid} and the truth on {truth.grid}"
        raise refuse(case_id, what, "Bring both to the grid of the image.")
    names, true_names = _table(found), _table(truth)
    if true_names and not any(name in names for name in true_names):
        what = f"the answer names {', '.join(names) or 'nothing'} and the truth {', '.join(true_names)}"
        raise refuse(case_id, what, "Give both the same names of labels.")


def _table(label_map: LabelMap) -> dict[str, set[int]]:
    """Structure -> its values; the unknown is in none."""
    table: dict[str, set[int]] = {}
    for value, name in label_map.labels.items():
        table.setdefault(name, set()).add(value)
    table |= {name: set(values) for name, values in label_map.regions.items()}
    return {name: values - {label_map.ignore} for name, values in table.items()}


def _boxes(label_map: LabelMap) -> Mapping[int, Box]:
    """Value -> the smallest part of the array that holds it, for all values that a structure has."""
    boxes = {value: box for value, box in enumerate(ndimage.find_objects(label_map.array), start=1) if box is not None}
    everywhere = tuple(slice(0, n) for n in label_map.grid.shape)
    # Values of zero and below are not looked for above; no format forbids them.
    return boxes | {v: everywhere for values in _table(label_map).values() for v in values if v <= 0}


def _pairs_of(findings: Findings, case: Case) -> Iterator[Pair]:
    truth = case.truth(LabelMap)
    if truth is not None:
        yield from pairs(main_answer(findings, case, LabelMap), truth, case.id)


def _dice_rows(findings: Findings, case: Case) -> list[Row]:
    return [Row(pair.name, (dice(pair.found, pair.truth),)) for pair in _pairs_of(findings, case)]


def _foreground_rows(findings: Findings, case: Case) -> list[Row]:
    truth = case.truth(LabelMap)
    if truth is None:
        return []
    found, truth = named_alike(main_answer(findings, case, LabelMap), truth)
    _check(found, truth, case.id)
    found_mask = np.isin(found.array, sorted(found.labels)) & found.known & truth.known
    true_mask = np.isin(truth.array, sorted(truth.labels)) & truth.known
    return [Row("foreground", (dice(found_mask, true_mask),))]


def _hd95_rows(findings: Findings, case: Case) -> list[Row]:
    return [Row(p.name, (hd95(p.found, p.truth, p.grid.spacing),)) for p in _pairs_of(findings, case)]


def _nsd_rows(findings: Findings, case: Case, tolerance: float | None = None) -> list[Row]:
    rows = []
    for pair in _pairs_of(findings, case):
        limit = TOLERANCE[pair.grid.unit] if tolerance is None else tolerance
        rows.append(Row(pair.name, (nsd(pair.found, pair.truth, pair.grid.spacing, limit),)))
    return rows


def _volume_rows(findings: Findings, case: Case) -> list[Row]:
    """Absolute percent (what is pooled: signs would cancel), signed percent, signed volume."""
    errors = [(p.name, volume_error(p.found, p.truth, p.grid.voxel_volume)) for p in _pairs_of(findings, case)]
    return [Row(name, (abs(error.percent), error.percent, error.volume)) for name, error in errors]


def _lesion_rows(findings: Findings, case: Case) -> list[Row]:
    """F1, then hits, false and missed."""
    counts = [(p.name, lesion_counts(p.found, p.truth)) for p in _pairs_of(findings, case)]
    return [Row(name, (count.f1, *map(float, count))) for name, count in counts]


def nsd_at(tolerance: float) -> Metric:
    """The NSD at another tolerance, in the unit of the grid."""

    def items(findings: Findings, case: Case) -> list[Row]:
        return _nsd_rows(findings, case, tolerance)

    return Metric(f"nsd_{tolerance:g}", "", "higher", "structure", items, worst=0.0)


DICE = Metric("dice", "", "higher", "structure", _dice_rows, worst=0.0, nothing=0.0)
FOREGROUND_DICE = Metric("foreground_dice", "", "higher", "case", _foreground_rows, worst=0.0)
NSD = Metric("nsd", "", "higher", "structure", _nsd_rows, worst=0.0)
HD95 = Metric("hd95", "mm or px", "lower", "structure", _hd95_rows)
VOLUME_ERROR = Metric("volume_error", "%", "lower", "structure", _volume_rows)
LESION_F1 = Metric("lesion_f1", "", "higher", "structure", _lesion_rows, worst=0.0)


def instance_counts(found: NDArray[np.integer], truth: NDArray[np.integer]) -> tuple[int, int, int]:
    """Objects found, false and missed, from numbers of objects (0 none): a match has an IoU above 0.5."""
    found_ids, found_numbers = np.unique(found, return_inverse=True)
    true_ids, true_numbers = np.unique(truth, return_inverse=True)
    found_sizes = np.bincount(found_numbers.ravel(), minlength=len(found_ids))
    true_sizes = np.bincount(true_numbers.ravel(), minlength=len(true_ids))
    codes, shared = np.unique(true_numbers.ravel() * len(found_ids) + found_numbers.ravel(), return_counts=True)
    t, f = np.divmod(codes, max(len(found_ids), 1))
    objects = (true_ids[t] > 0) & (found_ids[f] > 0)
    t, f, shared = t[objects], f[objects], shared[objects]
    hits = int(np.count_nonzero(shared > INSTANCE_IOU * (true_sizes[t] + found_sizes[f] - shared)))
    return hits, int(np.count_nonzero(found_ids > 0)) - hits, int(np.count_nonzero(true_ids > 0)) - hits


def _instance_rows(findings: Findings, case: Case) -> list[Row]:
    """Hits, false, missed for each label whose objects the truth tells apart.

    An object of a label is the part of an instance that has this label. Where the answer does not tell objects apart,
    they are its connected components, corners included.
    """
    truth = case.truth(LabelMap)
    if truth is None or truth.instances is None:
        return []
    true_numbers = truth.instances
    found, truth = named_alike(main_answer(findings, case, LabelMap), truth)
    _check(found, truth, case.id)
    rows = []
    for name, true_values in _table(truth).items():
        if name in truth.regions:
            continue
        mask = np.isin(found.array, [value for value, label in found.labels.items() if label == name])
        numbers = found.instances
        if numbers is None:
            numbers = connected_components(mask)[0]
        found_objects = np.where(mask & truth.known, numbers, 0)
        true_objects = np.where(np.isin(truth.array, sorted(true_values)), true_numbers, 0)
        rows.append(Row(name, tuple(map(float, instance_counts(found_objects, true_objects)))))
    return rows


def _instance_precision(hits: NDArray[np.float64], false: NDArray[np.float64], missed: NDArray[np.float64]) -> float:
    total = float((hits + false + missed).sum())
    return float(hits.sum()) / total if total else float("nan")


INSTANCE_AP = Metric("instance_ap", "", "higher", "set", _instance_rows, Pooling(_instance_precision))
"""Hits / (hits + false + missed) at an IoU above 0.5, over all objects of the set.

The "average precision" of the Data Science Bowl 2018 (Caicedo et al. 2019): a label map gives its objects no scores
that could order them, so there is one point instead of a curve.
"""
