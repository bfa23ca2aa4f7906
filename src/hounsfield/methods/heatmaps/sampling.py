"""Cases made ready for heatmaps, and what a step looks at of them."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hounsfield.inference.images import network_input
from hounsfield.ops.augmentation import (
    IntensityAugmentation,
    SpatialAugmentation,
    apply_intensity,
    apply_spatial,
    move_points,
)
from hounsfield.ops.points import heatmap
from hounsfield.training.randomness import generator
from hounsfield.training.repeating import Arrays
from hounsfield.values import Case, Plan, Points, refuse

INTENSITY = IntensityAugmentation()


def prepared_case(plan: Plan, case: Case) -> Arrays:
    """image (C, *shape) float16, points (K, d) in its elements, NaN where absent or unknown, known (K,).

    Raises Refused for a case without points in its truth.
    """
    truth = case.truth(Points)
    if truth is None:
        raise refuse(case.id, "has no points", "Leave it out of the training cases, or add them.")
    image, grid, _ = network_input(plan, case)
    if len(truth) and truth.coordinates.shape[1] != grid.ndim:
        what = f"has points of {truth.coordinates.shape[1]} coordinates on an image of {grid.ndim} axes"
        raise refuse(case.id, what, "Give each point one coordinate for each axis.")
    points = np.full((len(plan["points"]), grid.ndim), np.nan)
    known = np.zeros(len(points), bool)
    for number, name in enumerate(plan["points"]):
        if name in truth.names:
            at = truth.names.index(name)
            is_there = truth.present[at] == 1 and np.isfinite(truth.coordinates[at]).all()
            known[number] = is_there or truth.present[at] == 0
            if is_there:
                points[number] = grid.to_index(truth.coordinates[at])[0]
    return {"image": image.astype(np.float16), "points": points, "known": known}


def draw_batch(plan: Plan, prepared: Sequence[Arrays], seed: int, step: int) -> dict[str, Tensor]:
    """image (B, C, *size) and heatmap (B, K, *size), augmented, and weight (B, K) of step `step`.

    A case of which no point is known is never drawn.
    """
    known = [case for case in prepared if case["known"].any()]
    if not known:
        raise refuse("the training cases", "say of no point where it is", "Add points whose places are known.")
    samples = [draw_sample(plan, known, generator(seed, step, purpose=f"sample {b}")) for b in range(plan["batch"])]
    return {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}


def draw_sample(plan: Plan, prepared: Sequence[Arrays], rng: np.random.Generator) -> dict[str, Tensor]:
    """One augmented image, the heatmaps of its points where it shows them, and the weight of each in the loss."""
    case = prepared[int(rng.integers(len(prepared)))]
    size, spacing = tuple(plan["size"]), tuple(plan["spacing"])
    spatial = SpatialAugmentation(
        rotation_deg=plan["rotation_deg"],
        scale=(1 / plan["scale"], plan["scale"]),
        translation_mm=plan["shift"] * float(np.mean(np.multiply(size, spacing))),
        probability=0.5,
    ).draw(rng, len(size))
    image = torch.from_numpy(case["image"].astype(np.float32))
    points = move_points(spatial, case["points"], shape=image.shape[1:], out_shape=size, spacing=spacing)
    image, _ = apply_spatial(spatial, image, out_shape=size, spacing=spacing)
    return {
        "image": apply_intensity(INTENSITY.draw(rng, len(image)), image),
        "heatmap": torch.from_numpy(heatmap(points, size, widths(plan))),
        "weight": torch.from_numpy(_weights(plan, case["known"])),
    }


def widths(plan: Plan) -> NDArray[np.float64]:
    """Sigma of the heatmaps along each axis, in elements."""
    return np.asarray(plan["sigma"] / np.asarray(plan["spacing"]), np.float64)


def gaussian_volume(plan: Plan) -> float:
    """The sum of a point's heatmap, in elements."""
    return float(math.prod(math.sqrt(2 * math.pi) * width for width in widths(plan).tolist()))


def _weights(plan: Plan, known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """One over the sum of a heatmap, so that the background does not drown it; none for points that are unknown."""
    return np.asarray(known / (gaussian_volume(plan) * known.sum()), np.float32)
