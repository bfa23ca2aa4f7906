"""Boxes that are given by their outer edges in pixels, counted from 0: what COCO and most tables mean.

The first pixel reaches from edge 0 to edge 1; in index space it reaches from -0.5 to 0.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hounsfield.values import Boxes, Grid, refuse


@dataclass(frozen=True)
class EdgeBox:
    """One box: where it was read, its class, its edges along x and y (low, high each), and whether to ignore it."""

    where: str
    label: str
    x: tuple[float, float]
    y: tuple[float, float]
    ignore: bool = False


def boxes_of(edge_boxes: Sequence[EdgeBox], grid: Grid) -> Boxes:
    """The boxes on a picture, corners as (row, column). A box without width or height is kept with ignore = True.

    Refuses exchanged edges, missing numbers or classes, a box that leaves the picture by more than a pixel, and an
    image that is no picture.
    """
    size = np.array(grid.shape)
    corners = []
    for box in edge_boxes:
        if grid.ndim != 2:
            raise refuse(
                box.where, f"has a box of a picture, but its image has {grid.ndim} axes", "Cut it into pictures."
            )
        low, high = np.array([box.y[0], box.x[0]]), np.array([box.y[1], box.x[1]])
        if not box.label:
            raise refuse(box.where, "has a box without a class", "Name its class.")
        if not np.all(np.isfinite([low, high])):
            raise refuse(box.where, "has a box with a number missing", "Give all four, or leave all four empty.")
        if np.any(high < low):
            raise refuse(box.where, "has a box with a negative size or exchanged corners", "Mend its numbers.")
        if np.any(low < -1) or np.any(high > size + 1):
            reach = f"columns {low[1]:g} to {high[1]:g}, rows {low[0]:g} to {high[0]:g}"
            what = f"has a box over {reach}, outside the picture of {size[1]} x {size[0]} pixels"
            raise refuse(box.where, what, "Does it belong to another picture, or to one of another size?")
        corners.append(np.clip([low - 0.5, high - 0.5], -0.5, size - 0.5))
    ignore = [box.ignore or box.x[0] == box.x[1] or box.y[0] == box.y[1] for box in edge_boxes]
    labels = tuple(box.label for box in edge_boxes)
    return Boxes(np.array(corners).reshape(-1, 2, grid.ndim), grid, labels, ignore=np.array(ignore, bool))
