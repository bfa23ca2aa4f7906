"""Augmentation for training: first draw, then apply.

A recipe (`SpatialAugmentation`, `IntensityAugmentation`) holds ranges; `draw` takes numbers from a generator;
`apply_...` is a pure function of these numbers and the tensors. Recipes and draws are plain numbers:
`dataclasses.asdict` of them is JSON, and the same draw gives the same result. Rotation happens in mm, so that
anisotropic voxels turn rigidly. The defaults follow nnU-Net (Isensee et al. 2021).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

# B-spline displacements below 0.4 of the control points' distance cannot fold, in 2D and 3D (Choi and Lee 2000)
_UNFOLDED = 0.4


@dataclass(frozen=True)
class SpatialDraw:
    """One deformation: what the patch's middle shows, turned, scaled, moved, mirrored and bent.

    rotation_deg: one angle in 2D, one about each index axis in 3D.  scale: above 1 the content grows.
    translation_mm: (d,).  flips: (d,), which axes are mirrored.  elastic_mm: largest displacement of a control point.
    """

    rotation_deg: tuple[float, ...]
    scale: float
    translation_mm: tuple[float, ...]
    flips: tuple[bool, ...]
    elastic_mm: float
    elastic_spacing_mm: float
    seed: int

    @property
    def is_only_flips(self) -> bool:
        """Whether nothing but mirroring happens, which needs no interpolation."""
        return self.scale == 1 and self.elastic_mm == 0 and not any(self.rotation_deg) and not any(self.translation_mm)


@dataclass(frozen=True)
class SpatialAugmentation:
    """Ranges of deformations.

    rotation_deg: largest angle, a number or one about each index axis (one in 2D).  scale: (smallest, largest).
    translation_mm: largest shift along each axis.  flip_axes: index axes that may be mirrored, each in half the
    draws.  elastic_mm: largest displacement of control points `elastic_spacing_mm` apart.  probability: of rotation,
    of scaling, of translation and of bending, each for itself.
    """

    rotation_deg: float | Sequence[float] = 30.0
    scale: Sequence[float] = (0.7, 1.4)
    translation_mm: float = 0.0
    flip_axes: Sequence[int] = ()
    elastic_mm: float = 0.0
    elastic_spacing_mm: float = 24.0
    probability: float = 0.2

    def draw(self, rng: np.random.Generator, ndim: int) -> SpatialDraw:
        """One deformation of ndim axes; every draw takes the same count of numbers from the generator."""
        angles = 1 if ndim == 2 else 3
        limits = np.broadcast_to(np.asarray(self.rotation_deg, float), (angles,))
        turns, grows, moves, bends = rng.random(4) < self.probability
        rotation = rng.uniform(-1, 1, angles) * limits * turns
        low, high = self.scale
        scale = math.exp(rng.uniform(math.log(low), math.log(high)))
        translation = rng.uniform(-1, 1, ndim) * self.translation_mm * moves
        flips = rng.random(ndim) < 0.5
        return SpatialDraw(
            rotation_deg=tuple(float(angle) for angle in rotation),
            scale=scale if grows else 1.0,
            translation_mm=tuple(float(t) for t in translation),
            flips=tuple(bool(flips[axis] and axis in self.flip_axes) for axis in range(ndim)),
            elastic_mm=float(rng.uniform(0, min(self.elastic_mm, _UNFOLDED * self.elastic_spacing_mm)) * bends),
            elastic_spacing_mm=float(self.elastic_spacing_mm),
            seed=int(rng.integers(2**31)),
        )


def source_shape(params: SpatialDraw, out_shape: Sequence[int], spacing: Sequence[float]) -> tuple[int, ...]:
    """How large a region, around the same middle, a patch of this shape takes its values from."""
    size = np.asarray(spacing) * (np.asarray(out_shape) - 1)
    reach = np.abs(_sampling_matrix(params)) @ (size / 2) + np.abs(params.translation_mm) + params.elastic_mm
    if params.is_only_flips:
        return tuple(int(n) for n in out_shape)
    # two more, so that interpolation has neighbours; an odd rest would shift the middle by half an element
    needed = np.ceil(2 * reach / np.asarray(spacing) - 1e-6).astype(int) + 3
    return tuple(int(n + (n - o) % 2) for n, o in zip(needed, out_shape, strict=True))


def apply_spatial(
    params: SpatialDraw,
    image: Tensor,
    labels: Tensor | None = None,
    *,
    out_shape: Sequence[int] | None = None,
    spacing: Sequence[float] | None = None,
    outside: int = 0,
) -> tuple[Tensor, Tensor | None]:
    """The deformed patch around the middle of image (C, *shape) and labels (*shape): (C, *out_shape), (*out_shape).

    Linear for the image, whose edge goes on outside; nearest for the labels (below 2^24), which are `outside` there.
    spacing in mm, 1 where not given. Give an image larger than out_shape (`source_shape` says how large) to see no
    edge; where the two differ by an odd count the middle lies between elements and even a pure flip interpolates.
    """
    shape = tuple(image.shape[1:])
    size = tuple(int(n) for n in out_shape) if out_shape is not None else shape
    steps = tuple(float(s) for s in spacing) if spacing is not None else (1.0,) * len(shape)
    if params.is_only_flips and all(n >= o and (n - o) % 2 == 0 for n, o in zip(shape, size, strict=True)):
        axes = [axis - len(shape) for axis, flip in enumerate(params.flips) if flip]
        middle: list[Any] = [slice((n - o) // 2, (n + o) // 2) for n, o in zip(shape, size, strict=True)]
        return image[(..., *middle)].flip(axes), None if labels is None else labels[(..., *middle)].flip(axes)
    where = _sampling_points(params, shape, size, steps).to(image.device)
    values = F.grid_sample(image[None].float(), where, mode="bilinear", padding_mode="border", align_corners=False)[0]
    if labels is None:
        return values.to(image.dtype), None
    # zero padding is `outside` padding once the labels are counted from there
    shifted = (labels - outside).float()[None, None]
    picked = F.grid_sample(shifted, where, mode="nearest", padding_mode="zeros", align_corners=False)[0, 0]
    return values.to(image.dtype), picked.to(labels.dtype) + outside


def move_points(
    params: SpatialDraw,
    points_index: NDArray[np.float64],
    *,
    shape: Sequence[int],
    out_shape: Sequence[int],
    spacing: Sequence[float],
) -> NDArray[np.float64]:
    """Where a patch made by `apply_spatial` shows points (N, d) of the image of this shape; indices of both.

    Exact. Raises ValueError for a draw that bends, which has no inverse in closed form.
    """
    if params.elastic_mm > 0:
        raise ValueError("a bent patch does not say where it shows a point")
    steps = np.asarray(spacing, np.float64)
    from_middle = (points_index - (np.asarray(shape) - 1) / 2) * steps + np.asarray(params.translation_mm)
    seen: NDArray[np.float64] = np.linalg.solve(_sampling_matrix(params), from_middle.T).T
    return seen / steps + (np.asarray(out_shape) - 1) / 2


@dataclass(frozen=True)
class ChannelDraw:
    """What is done to one channel, in this order; 0 or 1 says "nothing" as fits.

    Noise and brightness are in the channel's standard deviations, blur in elements. resolution: share of the elements
    kept along each axis.  gamma: exponent over the channel's own range, dark and bright swapped where gamma_inverted.
    """

    noise: float = 0.0
    blur: float = 0.0
    brightness: float = 0.0
    contrast: float = 1.0
    resolution: float = 1.0
    gamma: float = 1.0
    gamma_inverted: bool = False


@dataclass(frozen=True)
class IntensityDraw:
    """One change of intensities, a ChannelDraw for each channel; the noise follows from the seed."""

    channels: tuple[ChannelDraw, ...]
    seed: int


@dataclass(frozen=True)
class IntensityAugmentation:
    """Ranges (low, high) of changes of intensity and how often each channel gets one; see ChannelDraw for units."""

    noise: Sequence[float] = (0.0, 0.3)
    noise_probability: float = 0.1
    blur: Sequence[float] = (0.5, 1.0)
    blur_probability: float = 0.1
    brightness: Sequence[float] = (-0.25, 0.25)
    brightness_probability: float = 0.15
    contrast: Sequence[float] = (0.75, 1.25)
    contrast_probability: float = 0.15
    resolution: Sequence[float] = (0.5, 1.0)
    resolution_probability: float = 0.125
    gamma: Sequence[float] = (0.7, 1.5)
    gamma_probability: float = 0.3

    def draw(self, rng: np.random.Generator, channels: int) -> IntensityDraw:
        """One change of this many channels; every draw takes the same count of numbers from the generator."""
        ranges = (
            (self.noise, self.noise_probability, 0.0),
            (self.blur, self.blur_probability, 0.0),
            (self.brightness, self.brightness_probability, 0.0),
            (self.contrast, self.contrast_probability, 1.0),
            (self.resolution, self.resolution_probability, 1.0),
            (self.gamma, self.gamma_probability, 1.0),
        )
        drawn = []
        for _ in range(channels):
            chances, amounts = rng.random(6), rng.random(6)
            values = [
                float(low + (high - low) * amount) if chance < probability else nothing
                for ((low, high), probability, nothing), chance, amount in zip(ranges, chances, amounts, strict=True)
            ]
            noise, blur, brightness, contrast, resolution, gamma = values
            is_inverted = bool(rng.random() < 0.25)
            drawn.append(ChannelDraw(noise, blur, brightness, contrast, resolution, gamma, is_inverted))
        return IntensityDraw(tuple(drawn), int(rng.integers(2**31)))


def apply_intensity(params: IntensityDraw, image: Tensor) -> Tensor:
    """The changed image (C, *shape); the one given is left as it is."""
    generator = torch.Generator().manual_seed(params.seed)
    pairs = zip(params.channels, image, strict=True)
    return torch.stack([_changed(draw, channel, generator) for draw, channel in pairs])


def _changed(draw: ChannelDraw, channel: Tensor, generator: torch.Generator) -> Tensor:
    if draw.noise > 0:
        # drawn on the CPU: the same on every device
        noise = torch.randn(channel.shape, generator=generator).to(channel)
        channel = torch.add(channel, noise * (draw.noise * channel.std(correction=0)))
    if draw.blur > 0:
        channel = _blurred(channel, draw.blur)
    if draw.brightness != 0:
        channel = channel + draw.brightness * channel.std(correction=0)
    if draw.contrast != 1:
        channel = torch.lerp(channel.mean(), channel, draw.contrast).clamp(channel.min(), channel.max())
    if draw.resolution < 1:
        channel = _coarsened(channel, draw.resolution)
    if draw.gamma != 1:
        low, high = channel.aminmax()
        share = (channel - low) / (high - low).clamp_min(1e-12)
        share = 1 - (1 - share) ** draw.gamma if draw.gamma_inverted else share**draw.gamma
        channel = low + share * (high - low)
    return channel


def _blurred(channel: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of (*shape), the edge's values going on outside."""
    radius = max(1, math.ceil(3 * sigma))
    weights = [math.exp(-0.5 * (x / sigma) ** 2) for x in range(-radius, radius + 1)]
    for axis in range(channel.ndim):
        n = channel.shape[axis]
        at = torch.arange(-radius, n + radius, device=channel.device).clamp(0, n - 1)
        padded = channel.index_select(axis, at)
        channel = torch.zeros_like(channel)
        for start, weight in enumerate(weights):
            channel.add_(padded.narrow(axis, start, n), alpha=weight / sum(weights))
    return channel


def _coarsened(channel: Tensor, share: float) -> Tensor:
    """(*shape) as if it had been taken at a lower resolution: nearest on the way down, linear on the way up."""
    coarse = [max(1, round(n * share)) for n in channel.shape]
    low = F.interpolate(channel[None, None], size=coarse, mode="nearest-exact")
    mode = "bilinear" if channel.ndim == 2 else "trilinear"
    return F.interpolate(low, size=list(channel.shape), mode=mode, align_corners=False)[0, 0]


def _sampling_matrix(params: SpatialDraw) -> NDArray[np.float64]:
    """(d, d) from a place in the patch to the place in the source that it shows, both in mm from the middle."""
    angles = np.deg2rad(params.rotation_deg)
    d = len(params.flips)
    matrix = np.diag([-1.0 if flip else 1.0 for flip in params.flips])
    planes = [(0, 1)] if d == 2 else [(1, 2), (0, 2), (0, 1)]
    for angle, (a, b) in zip(angles, planes, strict=True):
        turn = np.eye(d)
        turn[a, a] = turn[b, b] = np.cos(angle)
        turn[a, b], turn[b, a] = -np.sin(angle), np.sin(angle)
        matrix = matrix @ turn
    return matrix / params.scale


def _sampling_points(
    params: SpatialDraw, shape: tuple[int, ...], size: tuple[int, ...], spacing: tuple[float, ...]
) -> Tensor:
    """Where each element of the patch takes its value, for grid_sample: (1, *size, d), last axis first, edges -1..1."""
    d = len(shape)
    half_in = np.asarray(shape) * np.asarray(spacing) / 2
    half_out = np.asarray(size) * np.asarray(spacing) / 2
    theta = np.empty((d, d + 1))
    theta[:, :d] = _sampling_matrix(params) * half_out / half_in[:, None]
    theta[:, d] = -np.asarray(params.translation_mm) / half_in
    backwards = [*reversed(range(d))]
    theta = theta[backwards][:, [*backwards, d]]
    where = F.affine_grid(torch.from_numpy(theta).float()[None], [1, 1, *size], align_corners=False)
    if params.elastic_mm > 0:
        bent = _bending(params, size, spacing) / torch.from_numpy(half_in).float().reshape(d, *[1] * d)
        where += bent.flip(0).movedim(0, -1)
    return where


def _bending(params: SpatialDraw, size: tuple[int, ...], spacing: tuple[float, ...]) -> Tensor:
    """A smooth displacement (d, *size) in mm: cubic B-splines on a lattice of control points (Rueckert et al. 1999)."""
    rng = np.random.default_rng(params.seed)
    bases = [_spline_basis(n, s / params.elastic_spacing_mm) for n, s in zip(size, spacing, strict=True)]
    controls = [basis.shape[1] for basis in bases]
    drawn = rng.uniform(-params.elastic_mm, params.elastic_mm, (len(size), *controls))
    field = torch.from_numpy(drawn).float()
    for basis in bases:  # each axis is worked off at the front and joins at the back
        field = torch.tensordot(field, torch.from_numpy(basis).float(), dims=([1], [1]))
    return field


def _spline_basis(n: int, step: float) -> NDArray[np.float64]:
    """Weights (n, controls) of control points 1 apart for n elements `step` apart, centred."""
    at = (np.arange(n) - (n - 1) / 2) * step
    controls = math.ceil(at[-1]) + 2
    distance = np.abs(at[:, None] - np.arange(-controls, controls + 1))
    near, far = 2 / 3 - distance**2 + distance**3 / 2, np.maximum(2 - distance, 0) ** 3 / 6
    weights: NDArray[np.float64] = np.where(distance < 1, near, far)
    return weights
