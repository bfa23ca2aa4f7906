"""Cases made ready: the image on the working grid, and its boxes there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hounsfield.inference.images import network_input
from hounsfield.methods.centernet.cells import IGNORED
from hounsfield.training.repeating import Arrays
from hounsfield.values import Boxes, Case, Grid, Plan, refuse


def prepared_case(plan: Plan, case: Case) -> Arrays:
    """image (C, *shape) float16, corners (N, 2, d) in its elements, classes (N,), IGNORED where not to be counted.

    Boxes of classes that the plan does not name are left out. Raises Refused for a case without boxes in its truth:
    an image without objects has a truth with no box in it.
    """
    truth = case.truth(Boxes)
    if truth is None:
        raise refuse(case.id, "has no boxes", "Leave it out of the training cases, or say that there are none.")
    image, grid, native = network_input(plan, case)
    numbers = {name: number for number, name in enumerate(plan["classes"])}
    kept = [n for n, name in enumerate(truth.labels) if truth.ignore[n] or name in numbers]
    classes = [IGNORED if truth.ignore[n] else numbers[truth.labels[n]] for n in kept]
    return {
        "image": image.astype(np.float16),
        "corners": corners_on(truth.corners_index[kept], native, grid),
        "classes": np.array(classes, np.int64),
    }


def corners_on(corners: NDArray[np.float64], source: Grid, target: Grid) -> NDArray[np.float64]:
    """Boxes (N, 2, d) in the index space of another grid, whose axes run along the first one's in any order."""
    carried = target.to_index(source.to_world(corners)).reshape(corners.shape)
    return np.sort(carried, axis=1)
