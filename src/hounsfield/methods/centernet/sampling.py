"""Windows for a step: where they lie, how they are changed, and what should be said of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from hounsfield.methods.centernet.cells import IGNORED, encode
from hounsfield.methods.centernet.sizes import cell_stride
from hounsfield.ops.augmentation import (
    IntensityAugmentation,
    SpatialAugmentation,
    SpatialDraw,
    apply_intensity,
    apply_spatial,
    source_shape,
)
from hounsfield.ops.boxes import clip, volume
from hounsfield.ops.tiles import foreground_patch_start
from hounsfield.training.randomness import generator
from hounsfield.training.repeating import Arrays
from hounsfield.values import Plan

INTENSITY = IntensityAugmentation()
HALF = 0.5  # of an object that a window shows at least for it to be looked for; less of it is ignored


def draw_batch(plan: Plan, prepared: Sequence[Arrays], seed: int, step: int) -> dict[str, Tensor]:
    """image (B, C, *patch) float32, augmented, and the maps of `encode` (B, ..., *cells), of step `step`."""
    samples = [draw_sample(plan, prepared, generator(seed, step, purpose=f"sample {b}")) for b in range(plan["batch"])]
    return {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}


def draw_sample(plan: Plan, prepared: Sequence[Arrays], rng: np.random.Generator) -> dict[str, Tensor]:
    """One augmented window and what should be said of it."""
    case = prepared[int(rng.integers(len(prepared)))]
    image, corners, classes = case["image"], case["corners"], case["classes"]
    patch, stride = tuple(plan["patch"]), cell_stride(plan)
    spatial = SpatialAugmentation(
        rotation_deg=0.0, scale=(1 / plan["scale"], plan["scale"]), flip_axes=plan["flip_axes"], probability=0.5
    ).draw(rng, len(patch))
    is_on_object = rng.random() < plan["object_share"]
    middles = np.rint(corners[classes != IGNORED].mean(axis=1)).astype(int) if is_on_object else corners[:0, 0]
    start = foreground_patch_start(rng, middles.astype(int), image.shape[1:], patch)
    size = source_shape(spatial, patch, plan["spacing"])
    # the region that the scaled window looks at has the same middle as the window
    start = tuple(s - (n - p) // 2 for s, n, p in zip(start, size, patch, strict=True))
    seen = torch.from_numpy(_region(image, start, size))
    seen, _ = apply_spatial(spatial, seen, out_shape=patch, spacing=plan["spacing"])
    seen = apply_intensity(INTENSITY.draw(rng, len(seen)), seen)
    shown, classes = _shown(moved(corners - np.array(start), size, patch, spatial), classes, patch)
    cells = tuple(n // s for n, s in zip(patch, stride, strict=True))
    maps = encode(shown, classes, cells, stride, len(plan["classes"]))
    return {"image": seen, **{name: torch.from_numpy(array) for name, array in maps.items()}}


def moved(
    corners: NDArray[np.float64], size: Sequence[int], patch: Sequence[int], spatial: SpatialDraw
) -> NDArray[np.float64]:
    """Boxes (N, 2, d) of a region of this size where a scaled and mirrored window of it shows them."""
    turn = spatial.scale * np.where(spatial.flips, -1.0, 1.0)
    return np.sort((corners - (np.array(size) - 1) / 2) * turn + (np.array(patch) - 1) / 2, axis=1)


def _shown(
    corners: NDArray[np.float64], classes: NDArray[np.integer], patch: tuple[int, ...]
) -> tuple[NDArray[np.float64], NDArray[np.integer]]:
    """The parts of the boxes within the window; those of which less than half is seen are to be ignored."""
    whole, parts = volume(corners), clip(corners, patch)
    share = volume(parts) / np.maximum(whole, 1e-9)
    is_seen = share > 0
    return parts[is_seen], np.where(share < HALF, IGNORED, classes)[is_seen]


def _region(image: NDArray[np.float16], start: Sequence[int], size: Sequence[int]) -> NDArray[np.float32]:
    """A window (C, *size) of an image, which goes on beyond it as at its edge."""
    places = zip(start, size, image.shape[1:], strict=True)
    lines = [np.arange(len(image)), *(np.clip(np.arange(s, s + n), 0, whole - 1) for s, n, whole in places)]
    return image[np.ix_(*lines)].astype(np.float32)
