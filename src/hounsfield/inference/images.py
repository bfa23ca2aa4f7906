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
from hounsfield.values.wording import count

ALIASES = 1.5  # a spacing so many times as coarse: linear interpolation leaves elements out


def network_grid(native: Grid, spacing: Sequence[float]) -> Grid:
    """The grid of the plan's spacing over an image's field of view, axes in the world's order."""
    grid = canonical_grid(native)
    if np.allclose(grid.spacing, spacing, rtol=1e-3):
        return grid
    return regrid(grid, spacing)


def load_inputs(case: Case, roles: Sequence[str]) -> list[Image | LabelMap]:
    """The case's images and label maps of these roles.

    A case with one image serves a plan with one image role, whatever its name. Raises Refused for what is neither.
    """
    roles = _as_named(case, roles)
    missing = [role for role in roles if role not in case.inputs]
    if missing:
        what = f"has no input {', '.join(missing)} (it has {', '.join(case.inputs) or 'none'})"
        raise refuse(case.id, what, "Name the files with --input ROLE=FILE.")
    for role in roles:
        if not issubclass(case.inputs[role].kind, (Image, LabelMap)):
            what = f"has a {case.inputs[role].kind.__name__} as {role}, where an image is needed"
            raise refuse(case.id, what, "Name the files with --input ROLE=FILE.")
    return [case.inputs[role].load() for role in roles]


def load_images(case: Case, roles: Sequence[str]) -> list[Image]:
    """The case's images of these roles. Raises Refused for what is none."""
    images = [value for value in load_inputs(case, roles) if isinstance(value, Image)]
    if len(images) < len(roles):
        raise refuse(case.id, "has labels where an image is needed", "Name the files with --input ROLE=FILE.")
    return images


def _as_named(case: Case, roles: Sequence[str]) -> Sequence[str]:
    """The roles, the only image role that the case lacks replaced by the only image it has beside them."""
    missing = [role for role in roles if role not in case.inputs]
    others = [role for role, value in case.inputs.items() if value.kind is Image and role not in roles]
    has_image = any(case.inputs[role].kind is Image for role in roles if role in case.inputs)
    if len(missing) != 1 or len(others) != 1 or has_image:
        return roles
    return [others[0] if role in missing else role for role in roles]


def network_input(plan: Plan, case: Case) -> tuple[NDArray[np.float32], Grid, Grid]:
    """Channels (C, *shape) as the plan wants them, the grid they lie on, and the native grid of the first role.

    The channels of all images, normalised, then those of all label maps: 0 to 1 for the background and each label.
    The plan decides "inputs", "channels", "spacing", "normalisation" and "window". Raises Refused for a case whose
    dimensions or channels are others.
    """
    inputs = load_inputs(case, plan["inputs"])
    native = inputs[0].grid
    if native.ndim != len(plan["spacing"]):
        what = f"has {native.ndim} dimensions, and the model was made for {len(plan['spacing'])}"
        raise refuse(case.id, what, "Give images like those it was trained on.")
    grid = network_grid(native, plan["spacing"])
    shown = [np.zeros((0, *grid.shape), np.float32)]  # where there are label maps alone
    shown += [_on(value.array(), value.grid, grid) for value in inputs if isinstance(value, Image)]
    images = np.concatenate(shown)
    maps = [_on(masks_of(value), value.grid, grid) for value in inputs if isinstance(value, LabelMap)]
    channels = len(images) + sum(map(len, maps))
    if channels != plan["channels"]:
        what = f"has {count(channels, 'channel')}, and the model was made for {plan['channels']}"
        raise refuse(case.id, what, "Give images like those it was trained on.")
    rows = np.reshape(plan["window"], (4, -1))[:, : len(images)] if plan["window"] else (None,) * 4
    low, high, mean, sd = rows
    normalised = normalise(images, plan["normalisation"], low=low, high=high, mean=mean, sd=sd)
    return np.concatenate([normalised, *maps]) if maps else normalised, grid, native


def masks_of(labels: LabelMap) -> NDArray[np.float32]:
    """1 where the background is, and where each label is (1 + labels, *shape); the unknown is in none of them."""
    values = [0, *labels.labels]
    return np.stack([(labels.array == value) & labels.known for value in values]).astype(np.float32)


def _on(channels: NDArray[Any], own: Grid, grid: Grid) -> NDArray[np.float32]:
    array, own = canonical(channels, own)
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
