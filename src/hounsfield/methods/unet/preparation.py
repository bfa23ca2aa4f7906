"""Cases made ready for a U-Net: normalised image, classes to learn, where the labelled elements are."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hounsfield.inference.images import labels_on, network_input, truth_of
from hounsfield.training.randomness import generator
from hounsfield.training.repeating import Arrays
from hounsfield.values import Case, LabelMap, Plan

IGNORE = 255  # the class of the unknown
REMEMBERED = 4000  # labelled elements remembered of a case, to centre patches on
BORDER = "border"


def label_names(plan: Plan) -> dict[int, str]:
    """Value -> name of the labels that the plan knows."""
    return {int(value): name for value, _, name in (word.partition("=") for word in plan["labels"])}


def channel_names(plan: Plan) -> tuple[str, ...]:
    """The network's classes in order."""
    return ("background", *label_names(plan).values(), *([BORDER] if plan["target"] == "objects" else []))


def prepared_case(plan: Plan, case: Case) -> Arrays:
    """image (C, *shape) float16, target (*shape) uint8, foreground (N, d) indices of labelled elements."""
    image, grid, native = network_input(plan, case)
    target = labels_on(classes_of(plan, truth_of(case)), native, grid)
    return {"image": image.astype(np.float16), "target": target, "foreground": _some_foreground(target)}


def classes_of(plan: Plan, truth: LabelMap) -> NDArray[np.uint8]:
    """The class of each element (*shape): 0 background, 1.. the labels, the border last, IGNORE where unknown."""
    classes = np.zeros(truth.grid.shape, np.uint8)
    for number, value in enumerate(label_names(plan), start=1):
        classes[truth.array == value] = number
    if plan["target"] == "objects" and truth.instances is not None:
        classes[inner_border(truth.instances)] = len(label_names(plan)) + 1
    classes[~truth.known] = IGNORE
    return classes


def inner_border(instances: NDArray[Any]) -> NDArray[np.bool_]:
    """Elements of an object that touch another object or the background."""
    size = 3
    highest, lowest = ndimage.maximum_filter(instances, size), ndimage.minimum_filter(instances, size)
    return np.asarray((instances > 0) & (highest != lowest))


def _some_foreground(target: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Indices (N, d) of labelled elements, as many of each class, so that patches show the small ones as often."""
    classes = [value for value in np.unique(target) if value not in (0, IGNORE)]
    chosen = [np.zeros((0, target.ndim), np.int16)]
    for value in classes:
        where = np.argwhere(target == value).astype(np.int16)
        rng = generator(int(value), len(where), purpose="foreground")
        chosen.append(
            where[np.sort(rng.choice(len(where), min(len(where), REMEMBERED // len(classes)), replace=False))]
        )
    return np.concatenate(chosen)
