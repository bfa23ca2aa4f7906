"""Patches for a step: where they lie, and how they are changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hounsfield.methods.unet.preparation import IGNORE
from hounsfield.ops.augmentation import (
    IntensityAugmentation,
    SpatialAugmentation,
    apply_intensity,
    apply_spatial,
    source_shape,
)
from hounsfield.ops.tiles import foreground_patch_start
from hounsfield.training.randomness import generator
from hounsfield.training.repeating import Arrays
from hounsfield.values import Plan

INTENSITY = IntensityAugmentation()


def draw_batch(plan: Plan, prepared: Sequence[Arrays], seed: int, step: int) -> dict[str, Tensor]:
    """image (B, C, *patch) float32 and target (B, *patch) of step `step`, augmented."""
    samples = [draw_sample(plan, prepared, generator(seed, step, purpose=f"sample {b}")) for b in range(plan["batch"])]
    images, targets = zip(*samples, strict=True)
    return {"image": torch.stack(images), "target": torch.stack(targets)}


def draw_sample(plan: Plan, prepared: Sequence[Arrays], rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """One augmented patch: image (C, *patch), target (*patch)."""
    case = prepared[int(rng.integers(len(prepared)))]
    patch, spacing = tuple(plan["patch"]), tuple(plan["spacing"])
    spatial = SpatialAugmentation(
        rotation_deg=plan["rotation_deg"],
        scale=(1 / plan["scale"], plan["scale"]),
        flip_axes=plan["flip_axes"],
        probability=0.5,
    ).draw(rng, len(patch))
    on_foreground = rng.random() < plan["foreground_share"]
    voxels = case["foreground"] if on_foreground else case["foreground"][:0]
    start = foreground_patch_start(rng, voxels, case["target"].shape, patch)
    size = source_shape(spatial, patch, spacing)
    # the region that the deformed patch looks at has the same middle as the patch
    start = tuple(s - (n - p) // 2 for s, n, p in zip(start, size, patch, strict=True))
    image = torch.from_numpy(region(case["image"], start, size, outside=None).astype(np.float32))
    target = torch.from_numpy(region(case["target"][None], start, size, outside=IGNORE)[0].astype(np.int32))
    image, warped = apply_spatial(spatial, image, target, out_shape=patch, spacing=spacing, outside=IGNORE)
    return apply_intensity(INTENSITY.draw(rng, len(image)), image), target if warped is None else warped


def region(array: NDArray[Any], start: tuple[int, ...], size: tuple[int, ...], *, outside: int | None) -> NDArray[Any]:
    """A window (C, *size) of (C, *shape) that may reach beyond it: `outside` there, or as at the edge for None."""
    inside, room = [slice(None)], [(0, 0)]
    for s, n, whole in zip(start, size, array.shape[1:], strict=True):
        low, high = min(max(s, 0), whole - 1), max(min(s + n, whole), 1)
        inside.append(slice(low, high))
        room.append((low - s, s + n - high))
    cut = array[tuple(inside)]
    if outside is None:
        return np.pad(cut, room, mode="edge")
    return np.pad(cut, room, constant_values=outside)
