"""How alike two images are, for registration; tensors are (B, C, i, j[, k]), results can be differentiated."""

from __future__ import annotations

from itertools import combinations

import torch
import torch.nn.functional as F
from torch import Tensor


def mse(a: Tensor, b: Tensor) -> Tensor:
    """Mean squared difference, a scalar; 0 for equal images."""
    return ((a - b) ** 2).mean()


def ncc(a: Tensor, b: Tensor) -> Tensor:
    """Correlation over the whole image, a scalar in -1..1, the mean over batch and channels; 0 for a constant."""
    a, b = a.flatten(2), b.flatten(2)
    a, b = a - a.mean(2, keepdim=True), b - b.mean(2, keepdim=True)
    norms = ((a**2).sum(2) * (b**2).sum(2)).clamp_min(1e-12).sqrt()
    return ((a * b).sum(2) / norms).mean()


def lncc(a: Tensor, b: Tensor, radius: int = 4) -> Tensor:
    """Squared correlation in windows of 2 radius + 1, averaged: a scalar in 0..1, whatever the local contrast's sign.

    Avants et al. 2008. Windows are cut off at the image's edges; where one image is constant it is 0. Best on images
    with a standard deviation near 1: variances below 1e-5 count as constant.
    """
    # about the whole image's mean: the windows' variances are differences of squares
    a, b = a - a.mean(), b - b.mean()
    means = box_mean(torch.cat([a, b, a * a, b * b, a * b], dim=1), radius)
    mean_a, mean_b, square_a, square_b, product = means.chunk(5, dim=1)
    covariance = product - mean_a * mean_b
    variance_a = (square_a - mean_a**2).clamp_min(1e-5)
    variance_b = (square_b - mean_b**2).clamp_min(1e-5)
    return (covariance**2 / (variance_a * variance_b)).mean()


def mind(image: Tensor, *, radius: int = 1, distance: int = 2) -> Tensor:
    """Modality-independent descriptor of a single-channel image: (B, 1, ...) -> (B, 12, ...) in 3D, (B, 4, ...) in 2D.

    MIND-SSC (Heinrich et al. 2013): around each element, how unlike the patches at its neighbours are to each other,
    for each pair of neighbours on different axes, as exp(-D/V) with V the mean of D. Compare descriptors with `mse`.
    radius: of a patch.  distance: of the neighbours, in elements.
    """
    d = image.ndim - 2
    padded = F.pad(image, (distance,) * (2 * d), mode="replicate")
    shifted = {}
    for axis in range(d):
        for sign in (-1, 1):
            part = padded
            for a in range(d):
                start = distance * (1 + (sign if a == axis else 0))
                part = part.narrow(a + 2, start, image.shape[a + 2])
            shifted[axis, sign] = part
    pairs = [(p, q) for p, q in combinations(shifted, 2) if p[0] != q[0]]
    differences = box_mean(torch.cat([(shifted[p] - shifted[q]) ** 2 for p, q in pairs], dim=1), radius)
    differences = differences - differences.amin(dim=1, keepdim=True)
    variance = differences.mean(dim=1, keepdim=True)
    middle = variance.mean(dim=tuple(range(1, image.ndim)), keepdim=True)
    # the bounds of the reference implementation: neither noise alone nor one bright edge decides
    variance = torch.minimum(torch.maximum(variance, 0.001 * middle), 1000 * middle).clamp_min(1e-12)
    return torch.exp(-differences / variance)


def box_mean(image: Tensor, radius: int) -> Tensor:
    """Mean over the window of 2 radius + 1 around each element, as much of it as lies in the image."""
    for axis in range(2, image.ndim):
        # one matrix an axis: faster than pooling, and the window may be larger than the image
        at = torch.arange(image.shape[axis], device=image.device)
        band = ((at[:, None] - at).abs() <= radius).to(image.dtype)
        band = band / band.sum(dim=1, keepdim=True)
        image = (band @ image.movedim(axis, -2)).movedim(-2, axis)
    return image
