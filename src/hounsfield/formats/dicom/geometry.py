"""From slices to a volume: their order along the normal, the grid they lie on, and why they may lie on none.

Spacing between slices is that of their positions. SliceThickness, SpacingBetweenSlices and SliceLocation are not asked:
they are often something else. Only a single slice takes its third spacing from its thickness, there being no other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.dicom.frames import Frame, Place
from hounsfield.formats.dicom.header import Header
from hounsfield.values import Grid, Problem, Refused

SAME_MM = 0.01
"""Slices nearer to each other than this lie at the same place."""

STEP_SHARE, STEP_MM = 0.02, 0.02
"""Steps may differ from the usual one by this share of it, or by this much: positions are rounded in files."""

DRIFT_SHARE = 0.25
"""No slice may lie further from its place on the regular grid than this share of a step."""

BESIDE_SHARE = 0.1
"""No slice may lie further beside the line of the others than this share of a pixel, or a hundredth of its height."""

TURNED = 1e-3
"""Directions of unit length that differ by no more are the same."""

TILT_DEGREES = 0.5
MOST_RUNS = 4


@dataclass(frozen=True, eq=False)
class Slice:
    """One frame of one file."""

    header: Header
    frame: Frame

    @property
    def place(self) -> Place:
        """Where it lies; only to be asked where it does."""
        assert self.frame.place is not None
        return self.frame.place

    def __str__(self) -> str:
        several = self.header.encoding.frames > 1
        return f"{self.header.file.name}{f' frame {self.frame.index + 1}' if several else ''}"


def heights(slices: Sequence[Slice]) -> NDArray[np.float64]:
    """Where each slice lies along the normal of the first, in mm."""
    normal = slices[0].place.normal
    return np.array([one.place.corner @ normal for one in slices])


def levels(slices: Sequence[Slice]) -> NDArray[np.int64]:
    """Number of the place of each slice along the normal, from 0 upwards; the same for slices at the same place."""
    at = heights(slices)
    order = np.argsort(at, kind="stable")
    found = np.zeros(len(slices), np.int64)
    found[order[1:]] = np.cumsum(np.diff(at[order]) > SAME_MM)
    return found


def arrange(slices: Sequence[Slice], where: str) -> tuple[tuple[Slice, ...], Grid]:
    """Slices of different places in their order along the normal, and their grid (column, row, slice).

    Refuses, with all reasons at once, a stack that is tilted against its slices, lacks slices, or changes its step.
    """
    ordered = [slices[int(k)] for k in np.argsort(heights(slices), kind="stable")]
    problems = [*_tilt(ordered, where), *_steps(ordered, where)] if len(ordered) > 1 else []
    if problems:
        raise Refused(problems)
    return tuple(ordered), grid_of(ordered[0], step_of(ordered), len(ordered))


def step_of(ordered: Sequence[Slice]) -> NDArray[np.float64]:
    """From one slice to the next, in RAS mm: the mean of all steps, or the thickness of a single slice."""
    first, last = ordered[0].place, ordered[-1].place
    if len(ordered) == 1:
        return first.normal * (first.thickness or 1.0)
    return (last.corner - first.corner) / (len(ordered) - 1)


def grid_of(first: Slice, step: NDArray[np.float64], count: int) -> Grid:
    """The grid (column, row, slice) of so many slices from the first one on."""
    place, encoding = first.place, first.header.encoding
    affine = np.eye(4)
    affine[:3, 0] = place.across * place.spacing[1]
    affine[:3, 1] = place.down * place.spacing[0]
    affine[:3, 2] = step
    affine[:3, 3] = place.corner
    return Grid((encoding.columns, encoding.rows, count), affine)


def _tilt(ordered: Sequence[Slice], where: str) -> list[Problem]:
    """Whether the stack leans, or some of its slices lie beside it."""
    first = ordered[0].place
    corners = np.array([one.place.corner for one in ordered]) - first.corner
    line = corners[-1] / np.linalg.norm(corners[-1])
    angle = float(np.degrees(np.arccos(np.clip(abs(line @ first.normal), 0, 1))))
    if angle > TILT_DEGREES:
        what = f"is stacked at {angle:.1f} degrees to the normal of its slices (gantry tilt), so it is no box of voxels"
        return [Problem(where, what, "Correct the tilt first, for example with dcm2niix, and give the result.")]
    beside = np.linalg.norm(corners - np.outer(corners @ line, line), axis=1)
    allowed = max(BESIDE_SHARE * min(first.spacing), 0.01 * float(np.linalg.norm(corners[-1])))
    if beside.max() > allowed:
        odd = ordered[int(beside.argmax())]
        what = f"has slices beside each other instead of in a stack: {odd} lies {beside.max():.3g} mm off the line"
        return [Problem(where, what, "Give each stack of slices a folder of its own.")]
    return []


def _steps(ordered: Sequence[Slice], where: str) -> list[Problem]:
    """Whether slices are missing, or the step between them changes."""
    corners = np.array([one.place.corner for one in ordered])
    steps = np.linalg.norm(np.diff(corners, axis=0), axis=1)
    usual = float(np.sort(steps)[(len(steps) - 1) // 2])  # a step that occurs, which a mean of two may not
    allowed = max(STEP_SHARE * usual, STEP_MM)
    times = np.rint(steps / usual)
    if np.all(np.abs(steps - usual) <= allowed):
        at = heights(ordered)
        drift = np.abs(at - np.linspace(at[0], at[-1], len(at))).max()
        if drift <= DRIFT_SHARE * usual:
            return []
        what = f"changes its slice step little by little, from {steps.min():.5g} to {steps.max():.5g} mm"
        return [Problem(where, what, "Resample it to one step first.")]
    if times.min() >= 1 and np.all(np.abs(steps - times * usual) <= allowed * times):
        gaps = np.flatnonzero(times > 1)
        said = ", ".join(f"{int(times[k]) - 1} between {ordered[k]} and {ordered[k + 1]}" for k in gaps[:MOST_RUNS])
        count = int((times - 1).sum())
        what = f"lacks {count} slice{'s' * (count > 1)} of {usual:.4g} mm: {said}{_more(len(gaps))}"
        return [Problem(where, what, "Copy the missing files, or take the series out.")]
    breaks = [0, *(np.flatnonzero(np.abs(np.diff(steps)) > allowed) + 1), len(steps)]
    runs = [f"{steps[low]:.4g} mm from {ordered[low]} to {ordered[high]}" for low, high in pairwise(breaks)]
    what = f"changes its slice step: {', '.join(runs[:MOST_RUNS])}{_more(len(runs))}"
    return [Problem(where, what, "Split it where the step changes, or resample it to one step first.")]


def _more(count: int) -> str:
    return f" and {count - MOST_RUNS} more" if count > MOST_RUNS else ""
