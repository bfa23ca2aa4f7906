"""An image as a network sees it, and what the network says back on the image's own grid."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hounsfield.ops.intensity import normalise
from hounsfield.ops.resampling import canonical, canonical_grid, regrid, resample, resample_labels, uncanonical
from hounsfield.values import Case, Grid, Image, LabelMap, Plan, refuse

ALIASES = 1.5  # a spacing so many times as coarse: linear interpolation leaves elements out


def network_grid(native: Grid, spacing: Sequence[float]) -> Grid:
    """The grid of the plan's spacing over an image's field of view, axes in the world's order."""
    grid = canonical_grid(native)
    if np.allclose(grid.spacing, spacing, rtol=1e-3):
        return grid
    return regrid(grid, spacing)


def load_images(case: Case, roles: Sequence[str]) -> list[Image]:
    """The case's images of these roles. A case with one image serves a plan with one role, whatever its name."""
    if len(roles) == 1 and roles[0] not in case.inputs and len(case.inputs) == 1:
        roles = tuple(case.inputs)
    missing = [role for role in roles if role not in case.inputs]
    if missing:
        what = f"has no input {', '.join(missing)} (it has {', '.join(case.inputs) or 'none'})"
        raise refuse(case.id, what, "Name the files with --input ROLE=FILE.")
    return [case.inputs[role].load() for role in roles]


def network_input(plan: Plan, case: Case) -> tuple[NDArray[np.float32], Grid, Grid]:
    """Channels (C, *shape) as the plan wants them, the grid they lie on, and the native grid of the first role.

    The plan decides "inputs", "channels", "spacing", "normalisation" and "window". Raises Refused for a case whose
    dimensions or channels are others.
    """
    images = load_images(case, plan["inputs"])
    native = images[0].grid
    if native.ndim != len(plan["spacing"]):
        what = f"has {native.ndim} dimensions, and the model was made for {len(plan['spacing'])}"
        raise refuse(case.id, what, "Give images like those it was trained on.")
    grid = network_grid(native, plan["spacing"])
    channels = np.concatenate([_on(image, grid) for image in images])
    if len(channels) != plan["channels"]:
        what = f"has {len(channels)} channels, and the model was made for {plan['channels']}"
        raise refuse(case.id, what, "Give images like those it was trained on.")
    low, high, mean, sd = (list(row) for row in np.reshape(plan["window"], (4, -1))) if plan["window"] else (None,) * 4
    return normalise(channels, plan["normalisation"], low=low, high=high, mean=mean, sd=sd), grid, native


def _on(image: Image, grid: Grid) -> NDArray[np.float32]:
    array, own = canonical(image.array(), image.grid)
    if own.close_to(grid):
        return array
    return resample(_smoothed(array, own.spacing, grid.spacing), own, grid, order=1, fill="nearest")


def _smoothed(array: NDArray[Any], fine: Sequence[float], coarse: Sequence[float]) -> NDArray[Any]:
    """Channels without what a much coarser spacing can not show, and would show as something else."""
    ratios = [there / here for here, there in zip(fine, coarse, strict=True)]
    if max(ratios) < ALIASES:
        return array
    # a Gaussian about as wide as the elements to come, half an element each side
    sigmas = [(ratio - 1) / 2 if ratio >= ALIASES else 0.0 for ratio in ratios]
    return np.stack([ndimage.gaussian_filter(channel, sigmas, mode="nearest", truncate=3.0) for channel in array])


def labels_on(labels: NDArray[Any], native: Grid, grid: Grid) -> NDArray[Any]:
    """Labels (*native.shape) on a network's grid."""
    array, own = canonical(labels, native)
    return array if own.close_to(grid) else resample_labels(array, own, grid)


def on_native(probabilities: NDArray[np.float32], grid: Grid, native: Grid) -> NDArray[np.float32]:
    """Probabilities (K, *grid.shape) on the image's own grid: (K, *native.shape)."""
    own = canonical_grid(native)
    if not own.close_to(grid):
        probabilities = resample(probabilities, grid, own, order=1, fill="nearest").astype(np.float32)
    return uncanonical(probabilities, own, native)


def truth_of(case: Case) -> LabelMap:
    """The label map of a training case. Raises Refused where there is none."""
    truth = case.truth(LabelMap)
    if truth is None:
        raise refuse(case.id, "has no labels", "Leave it out of the training cases, or label it.")
    return truth
