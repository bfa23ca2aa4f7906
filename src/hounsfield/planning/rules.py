"""Rules from what the data is to how it is looked at: spacing, normalisation, network, patch, batch.

The rules are nnU-Net's (Isensee et al. 2021) where nothing else is said, for smaller machines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from hounsfield.values import Decision, Facts

ANISOTROPIC = 3.0  # from this ratio of spacings on, the coarse axis is treated apart (nnU-Net)
SMALLEST_MAP = 4  # elements an axis may shrink to in the deepest level (nnU-Net)
CT = ("ct", "computed tomography")


@dataclass(frozen=True)
class Shape:
    """How large a typical case is on the plan's spacing, and which axes are real."""

    dims: int
    spacing: tuple[float, ...]
    median: tuple[int, ...]
    largest: tuple[int, ...]


def spacing_rule(facts: Facts) -> Decision:
    """The median spacing; along a coarse axis the tenth percentile of it, so that fine cases keep their slices."""
    dims = int(facts.words["dims"][-1])
    medians = [facts.median(f"spacing:{axis}") for axis in range(dims)]
    coarse = medians.index(max(medians))
    if max(medians) / min(medians) >= ANISOTROPIC:
        medians[coarse] = max(facts.sketches[f"spacing:{coarse}"].quantile(0.1), min(medians))
        return Decision("spacing", _rounded(medians), f"the median, on the coarse axis {coarse} the tenth percentile")
    return Decision("spacing", _rounded(medians), "the median spacing of the training cases")


def _rounded(values: list[float]) -> list[float]:
    return [float(f"{value:.4g}") for value in values]


def normalisation_rule(facts: Facts) -> Decision:
    """Fixed windows where the unit means the same in every scan, else each image by its own mean and deviation."""
    modalities = {word.lower() for word in facts.words.get("modality", ())}
    if modalities and modalities <= set(CT):
        return Decision("normalisation", "ct", "Hounsfield units mean the same in every scan")
    return Decision("normalisation", "zscore", "the scale differs from image to image, so each is normalised by itself")


def shape_of(facts: Facts, spacing: list[float]) -> Shape:
    """Typical and largest shapes once the cases are on this spacing."""
    dims = len(spacing)
    extents = [facts.sketches[f"extent:{axis}"] for axis in range(dims)]
    median = tuple(max(1, round(e.median / s)) for e, s in zip(extents, spacing, strict=True))
    largest = tuple(max(1, round(e.quantile(1.0) / s)) for e, s in zip(extents, spacing, strict=True))
    return Shape(dims, tuple(spacing), median, largest)


def patch_rule(shape: Shape, elements: int) -> Decision:
    """The median case where it is small enough, else a window with its proportions of about `elements` elements."""
    wanted = [float(n) for n in shape.median]
    if math.prod(_up(n) for n in wanted) <= elements:
        return Decision("patch", [_up(n) for n in wanted], "the median training case fits into it whole")
    while math.prod(wanted) > elements:
        # the axis that sees furthest in the world gives way first
        far = max(range(shape.dims), key=lambda axis: wanted[axis] * shape.spacing[axis])
        wanted[far] *= 0.95
    why = f"the median case cut to about {elements:,} elements, what a step can hold on this machine"
    return Decision("patch", [_nearest(n) for n in wanted], why)


def _up(n: float) -> int:
    return max(SMALLEST_MAP, math.ceil(n / 8) * 8 if n > 8 else math.ceil(n / 4) * 4)


def _nearest(n: float) -> int:
    return max(SMALLEST_MAP, round(n / 8) * 8 if n > 12 else max(4, round(n / 4) * 4))


def strides_rule(patch: list[int], spacing: tuple[float, ...], deepest: int) -> tuple[Decision, Decision]:
    """Strides and kernels of each level: an axis is halved while it is long enough and not coarser than the others."""
    size, step = [float(n) for n in patch], list(spacing)
    strides, kernels = [[1] * len(patch)], [_kernel(step)]
    while len(strides) < deepest:
        halved = [
            2 if size[a] >= 2 * SMALLEST_MAP and size[a] % 2 == 0 and step[a] <= 2 * min(step) else 1
            for a in range(len(patch))
        ]
        if max(halved) == 1:
            break
        size = [n / h for n, h in zip(size, halved, strict=True)]
        step = [s * h for s, h in zip(step, halved, strict=True)]
        strides.append(halved)
        kernels.append(_kernel(step))
    why = f"halved until an axis has {SMALLEST_MAP} elements or there are {deepest} levels; coarse axes wait"
    return Decision("strides", strides, why), Decision(
        "kernels", kernels, "3 along every axis, 1 along a much coarser one"
    )


def _kernel(step: list[float]) -> list[int]:
    return [1 if s > 2 * min(step) else 3 for s in step]
