"""Volumes for tests of formats, and where SimpleITK finds their voxels."""

from itertools import permutations, product

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

from hounsfield.values import Grid

FLIP = np.array([-1.0, -1.0, 1.0])  # LPS and RAS, either way
ROTATION = np.array([[0.36, 0.48, -0.8], [-0.8, 0.6, 0.0], [0.48, 0.64, 0.6]])
SHAPE = (5, 4, 3)


def affine_of(directions: NDArray[np.float64], spacing: tuple[float, ...], origin: tuple[float, ...]) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = directions * spacing, origin
    return affine


OBLIQUE = Grid(SHAPE, affine_of(ROTATION, (0.7, 0.9, 3.3), (11.1, -22.2, 33.3)))

FLIPS_AND_SWAPS = [
    np.eye(3)[:, order] * signs
    for order in map(list, permutations(range(3)))
    for signs in product((1.0, -1.0), repeat=3)
]
"""All 48 ways in which the axes of an array may lie along the world's."""


def itk_image(array: NDArray, grid: Grid = OBLIQUE) -> sitk.Image:
    """SimpleITK's image of (i, j, k) or, with several channels, (i, j, k, C)."""
    order = (2, 1, 0, 3)[: array.ndim]
    image = sitk.GetImageFromArray(np.ascontiguousarray(array.transpose(order)), isVector=array.ndim == 4)
    image.SetSpacing(grid.spacing)
    image.SetDirection((FLIP[:, None] * grid.affine[:3, :3] / grid.spacing).ravel().tolist())
    image.SetOrigin((FLIP * grid.affine[:3, 3]).tolist())
    return image


def itk_world(image: sitk.Image, index: NDArray[np.float64]) -> np.ndarray:
    """Where SimpleITK finds indices (N, 3), in RAS."""
    return FLIP * [image.TransformContinuousIndexToPhysicalPoint([float(i) for i in one]) for one in index]


def itk_array(image: sitk.Image) -> np.ndarray:
    """(i, j, k) or (i, j, k, C) of an image of SimpleITK's."""
    array = sitk.GetArrayFromImage(image)
    return array.transpose((2, 1, 0, 3)[: array.ndim])


def corners(shape: tuple[int, ...]) -> np.ndarray:
    return np.array(list(product(*[(0, n - 1) for n in shape])), float)
