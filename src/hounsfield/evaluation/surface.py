"""Distances between the surfaces of two masks, in the unit of the spacing.

The surface of a mask is its voxels that have a face neighbour outside the mask; beyond the border of the image all is
outside, so that a mask cut by the border is closed there. Distances go from centre to centre.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

Mask = NDArray[np.bool_]
Distances = NDArray[np.float64]


def hd95(found: Mask, truth: Mask, spacing: Sequence[float]) -> float:
    """95th percentile of the Hausdorff distance: the larger of both directed 95th percentiles.

    A directed percentile is that of the distances from each surface voxel of one mask to the nearest of the other,
    linear between order statistics.  NaN, undefined, where one or both masks are empty: there is no distance to
    nothing.  Huttenlocher et al. 1993.
    """
    distances = surface_distances(found, truth, spacing)
    if distances is None:
        return float("nan")
    return float(max(np.percentile(directed, 95) for directed in distances))


def nsd(found: Mask, truth: Mask, spacing: Sequence[float], tolerance_mm: float) -> float:
    """Normalised surface distance, 0..1: the share of both surfaces that lies within the tolerance of the other.

    Nikolov et al. 2021, "Clinically applicable segmentation of head and neck anatomy", with surface voxels counted
    instead of surface elements weighted by their area.  Both empty: NaN, undefined.  One empty: 0.
    """
    if not found.any() and not truth.any():
        return float("nan")
    distances = surface_distances(found, truth, spacing)
    if distances is None:
        return 0.0
    limit = tolerance_mm * (1 + 1e-9)  # three steps of 0.1 mm are 0.3 mm, whatever the last bit says
    within = sum(int(np.count_nonzero(directed <= limit)) for directed in distances)
    return within / sum(len(directed) for directed in distances)


def surface_distances(found: Mask, truth: Mask, spacing: Sequence[float]) -> tuple[Distances, Distances] | None:
    """Distance of each surface voxel to the nearest of the other mask: (from the answer, from the truth).

    None where one of the masks is empty.
    """
    if not found.any() or not truth.any():
        return None
    box = ndimage.find_objects((found | truth).astype(np.uint8))[0]
    # Trees of surface voxels: the same distances as a distance transform of the box, in less time and memory.
    a, b = (np.argwhere(surface(mask[box])) * np.asarray(spacing) for mask in (found, truth))
    return cKDTree(b).query(a)[0], cKDTree(a).query(b)[0]


def surface(mask: Mask) -> Mask:
    """The voxels of a mask that have a face neighbour outside it, those at the border of the image included."""
    faces = ndimage.generate_binary_structure(mask.ndim, 1)
    inside: Mask = ndimage.binary_erosion(mask, faces, border_value=0)
    return mask & ~inside
