"""Points made of label maps: the centroid of each label, and its poles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hounsfield.ops.points import centroid, extreme
from hounsfield.tasks.task import Derive
from hounsfield.values import Dataset, Grid, LabelMap, Lazy, Points, Truth, refuse

CENTROIDS, POLES = "centroids", "poles"
IN_BODY = {"front": (0.0, 1.0, 0.0), "back": (0.0, -1.0, 0.0)}  # along the world's y, from the back to the front
IN_PICTURE = {"top": (-1.0, 0.0), "bottom": (1.0, 0.0)}  # along the rows


def deriving(*ways: str) -> Derive:
    """How points are made of each label, in one of two ways or both.

    CENTROIDS: LABEL, its centroid.  POLES: LABEL_front and LABEL_back, the middle of its outermost 1 % along the
    world's y axis (anterior and posterior); in a picture LABEL_top and LABEL_bottom, along the rows. A label that is
    not seen has absent points. Of a map that is unknown in part, a label that is not seen or touches the unknown has
    unknown points.
    """
    said = " and ".join(ways)

    def derive(dataset: Dataset, detail: str) -> Dataset:
        if detail:
            raise refuse("--derive", f"takes no detail {detail!r} for {said}", "Leave it out.")
        cases = []
        for case in dataset:
            labels = next((truth for truth in case.truths.values() if issubclass(truth.answer.kind, LabelMap)), None)
            truths = {} if labels is None else {"points": _derived(labels, ways)}
            cases.append(replace(case, truths=truths))
        return replace(dataset.with_cases(cases), task="landmarks", task_why=f"{said} of the labels")

    return derive


def _derived(truth: Truth, ways: tuple[str, ...]) -> Truth:
    labels: Lazy[LabelMap] = truth.answer

    def load() -> Points:
        return points_of(labels.load(), ways)

    def digest() -> str:
        return sha256(f"{' and '.join(ways)} of {labels.digest()}".encode()).hexdigest()

    return replace(truth, answer=Lazy(Points, labels.where, load, digest))


def points_of(labels: LabelMap, ways: tuple[str, ...]) -> Points:
    """The points of every label and region, in world mm; NaN where absent or unknown."""
    d = labels.grid.ndim
    found: dict[str, NDArray[np.float64]] = {}
    present = []
    for label, mask in labels.structures().items():
        places = _places(label, mask, labels.grid, ways)
        is_known = not _is_hidden(mask, labels.known)
        found |= places if is_known else dict.fromkeys(places, np.full(d, np.nan))
        present += [float(mask.any()) if is_known else np.nan] * len(places)
    return Points(np.reshape([*found.values()], (len(found), d)), tuple(found), np.array(present))


def _places(
    label: str, mask: NDArray[np.bool_], grid: Grid, ways: tuple[str, ...]
) -> Mapping[str, NDArray[np.float64]]:
    places = {label: centroid(mask, grid)} if CENTROIDS in ways else {}
    if POLES in ways:
        directions = IN_BODY if grid.frame == "RAS" else IN_PICTURE
        for end, direction in directions.items():
            places[f"{label}_{end}"] = extreme(mask, grid, direction[: grid.ndim])
    return places


def _is_hidden(mask: NDArray[np.bool_], known: NDArray[np.bool_]) -> bool:
    """Whether a part of the structure may lie where nothing is known."""
    if known.all():
        return False
    return not mask.any() or bool((ndimage.binary_dilation(mask) & ~known).any())
