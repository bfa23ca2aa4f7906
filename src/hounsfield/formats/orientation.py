"""From index to the world, as formats of volumes say it: LPS turned to RAS, and affines that can not be true."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hounsfield.values import Grid, refuse

LPS_TO_RAS = np.array([-1.0, -1.0, 1.0])
"""Signs of a place's coordinates: ITK and DICOM count to the left and to the back, the world here the other way."""

RAS_OF_LPS = np.append(LPS_TO_RAS, 1.0)[:, None]
"""The same of an affine's rows."""

MOST_SHEAR_DEGREES = 0.5
"""Rounded direction cosines are off by less; what leans more shows in distances and was meant to be resampled."""

FARTHEST_MM = 1e9
REMEDY = "Give it a valid orientation and spacing, or export the image again."


def checked_affine(where: object, affine: NDArray[np.float64]) -> NDArray[np.float64]:
    """The affine (4, 4) from index to RAS mm, as it is. Refuses one that no scan has, saying why."""
    if not np.all(np.isfinite(affine)):
        raise refuse(where, "has an affine with NaN or infinite numbers", REMEDY)
    if np.abs(affine).max() > FARTHEST_MM:
        raise refuse(where, f"has an affine with numbers as large as {np.abs(affine).max():.3g} mm", REMEDY)
    spacing = np.linalg.norm(affine[:3, :3], axis=0)
    if spacing.min() < 1 / FARTHEST_MM:
        raise refuse(where, "has a spacing of zero", REMEDY)
    axes = affine[:3, :3] / spacing
    if abs(np.linalg.det(axes)) < 1e-6:
        raise refuse(where, "has an affine that can not be inverted: two axes point the same way", REMEDY)
    cosines = np.abs(np.triu(axes.T @ axes, 1))
    shear = float(np.degrees(np.arcsin(min(1.0, cosines.max()))))
    if shear > MOST_SHEAR_DEGREES:
        one, other = ("ijk"[a] for a in np.unravel_index(int(cosines.argmax()), cosines.shape))
        what = f"is sheared: its axes {one} and {other} meet {shear:.1f} degrees off the right angle"
        remedy = f"Resample it onto a grid of right angles; up to {MOST_SHEAR_DEGREES} degrees are taken as they are."
        raise refuse(where, what, remedy)
    return affine


def volume_grid(where: object, shape: tuple[int, ...], affine_lps: NDArray[np.float64]) -> Grid:
    """The grid of a volume whose file speaks LPS. Refuses an affine that no scan has."""
    return Grid(shape, checked_affine(where, RAS_OF_LPS * affine_lps + 0.0))  # no zero with a sign


def refuse_other_worlds(where: object, grid: Grid) -> None:
    """Refuses to write what is no volume in RAS millimetres into a format that holds nothing else."""
    if grid.ndim != 3 or grid.frame != "RAS":
        raise refuse(where, f"can not hold what lies on {grid}", "Write pictures as .png, or as .nii.gz.")
