"""Which images a step looks at, and how they are changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hounsfield.ops.augmentation import (
    IntensityAugmentation,
    SpatialAugmentation,
    apply_intensity,
    apply_spatial,
)
from hounsfield.planning.classes import EXCLUSIVE
from hounsfield.training.by_class import drawn
from hounsfield.training.randomness import generator
from hounsfield.training.repeating import Arrays
from hounsfield.values import Plan

INTENSITY = IntensityAugmentation(blur_probability=0.0, resolution_probability=0.0)


def draw_batch(
    plan: Plan, prepared: Sequence[Arrays], truths: NDArray[np.float32], seed: int, step: int
) -> dict[str, Tensor]:
    """image (B, C, *size) float32, augmented, truth (B, K) and is_exclusive (B,) of step `step`."""
    rng = generator(seed, step, purpose="batch")
    chosen = drawn(truths, plan["batch"], balanced=plan["balanced"], rng=rng)
    images = torch.stack([_augmented(plan, prepared[case]["image"], rng) for case in chosen])
    is_exclusive = torch.full((len(chosen),), plan["kind"] in EXCLUSIVE)
    return {"image": images, "truth": torch.from_numpy(truths[chosen]), "is_exclusive": is_exclusive}


def _augmented(plan: Plan, image: NDArray[np.float16], rng: np.random.Generator) -> Tensor:
    size = np.asarray(plan["size"])
    spatial = SpatialAugmentation(
        rotation_deg=plan["rotation_deg"],
        scale=(1 / plan["scale"], plan["scale"]),
        translation_mm=plan["shift"] * float(size.mean()),
        flip_axes=plan["flip_axes"],
        probability=0.5,
    ).draw(rng, len(size))
    warped, _ = apply_spatial(spatial, torch.from_numpy(image.astype(np.float32)))
    return apply_intensity(INTENSITY.draw(rng, len(image)), warped)
