"""Segmentation objects: the segment frames of one file, each put where it says it lies.

Frames without anything in them are often left out of the file, so the lattice is that of the smallest step between
them, and what no frame covers is background. Source: PS3.3 A.51 and C.8.20.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.dicom.geometry import BESIDE_SHARE, STEP_MM, STEP_SHARE, TURNED, Slice, grid_of, heights, levels
from hounsfield.formats.dicom.header import Header
from hounsfield.formats.dicom.pixels import read_frames
from hounsfield.values import Grid, refuse

MOST_SLICES = 2**13


def read_segments(header: Header) -> tuple[NDArray[np.integer], Grid]:
    """Segment numbers (column, row, slice) and their grid. Refuses probabilities, overlaps and lost frames."""
    file = header.file
    if header.segmentation == "FRACTIONAL":
        remedy = "Export the segmentation as BINARY or LABELMAP."
        raise refuse(file, "holds probabilities or shares of voxels (FRACTIONAL), not labels", remedy)
    if any(frame.place is None for frame in header.frames):
        raise refuse(file, "has segment frames without a position", "Export it again with per-frame positions.")
    slices = [Slice(header, frame) for frame in header.frames]
    rows, grid = _lattice(slices)
    highest = max(frame.segment for frame in header.frames)
    is_map = header.segmentation == "LABELMAP"
    labels = np.zeros((grid.shape[2], grid.shape[1], grid.shape[0]), _integers(header, highest, is_map))
    for one, row, frame in zip(slices, rows, read_frames(header, header.frames), strict=True):
        plane = frame[0]
        if not is_map and one.frame.segment < 1:
            raise refuse(file, f"does not say which segment frame {one.frame.index + 1} shows", "Export it again.")
        covered = plane != 0
        if np.any(labels[row][covered]):
            what = f"has segments that overlap, in frame {one.frame.index + 1}; a label map has one label for a voxel"
            raise refuse(file, what, "Export its segments as files of their own.")
        labels[row][covered] = plane[covered] if is_map else one.frame.segment
    return np.ascontiguousarray(labels.transpose(2, 1, 0)), grid


def _integers(header: Header, highest: int, is_map: bool) -> np.dtype[np.integer]:
    return header.encoding.dtype if is_map else np.min_scalar_type(highest)


def _lattice(slices: list[Slice]) -> tuple[list[int], Grid]:
    """The slice that each frame lies in, and the grid. Refuses frames that lie on no regular lattice."""
    file, at, level = slices[0].header.file, heights(slices), levels(slices)
    first = slices[int(at.argmin())]
    _refuse_scattered(slices, first)
    apart = np.diff(np.array([at[level == n].mean() for n in range(level.max() + 1)]))
    step = float(apart.min()) if apart.size else first.place.thickness or 1.0
    rows = np.rint((at - at.min()) / step).astype(int)
    if rows.max() > 0:
        step = float((at.max() - at.min()) / rows.max())
    off = np.abs(at - at.min() - rows * step).max()
    if off > max(STEP_SHARE * step, STEP_MM) or rows.max() >= MOST_SLICES:
        what = f"has segment frames on no regular lattice: steps of {apart.min():.4g} to {apart.max():.4g} mm"
        raise refuse(file, what, "Export it again from where it came from.")
    return rows.tolist(), grid_of(first, first.place.normal * step, int(rows.max()) + 1)


def _refuse_scattered(slices: list[Slice], first: Slice) -> None:
    """Raises Refused where frames are turned against each other, or lie beside each other."""
    place = first.place
    for one in slices:
        offset = one.place.corner - place.corner
        beside = float(np.linalg.norm(offset - (offset @ place.normal) * place.normal))
        is_turned = not np.allclose([one.place.across, one.place.down], [place.across, place.down], rtol=0, atol=TURNED)
        if is_turned or beside > BESIDE_SHARE * min(place.spacing):
            what = f"has segment frames that form no stack: frame {one.frame.index + 1} lies beside or across them"
            raise refuse(one.header.file, what, "Export it again from where it came from.")
