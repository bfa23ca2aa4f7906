"""A small picture of an image: the whole of it, or one plane, with what is to be seen there drawn over it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import ImageDraw

from hounsfield.figures.colours import RGB, TRUTH, colour_of
from hounsfield.figures.overlay import overlaid
from hounsfield.figures.panels import Panel, png, shown
from hounsfield.figures.views import View, fullest, views
from hounsfield.values import Boxes, Image

LONGEST = 160  # pixels of the longer side
DRAWN_ON = 288  # the same where something is drawn over it
MARK: RGB = colour_of(0)
RING = 14  # pixels around a place
FINER = 0.67  # share of a plane's spacing below which another one shows far more
COLOURS = 128  # of a picture in colours, which then takes a third of the bytes


def thumbnail(
    image: Image,
    *,
    labels: NDArray[np.integer] | None = None,
    boxes: Boxes | None = None,
    at: Sequence[int] = (),
) -> bytes | None:
    """PNG of the image in a robust grey window, true to its spacing; None of one without a plane to look at.

    labels: (*grid.shape), outlined and tinted.  boxes: outlined, those around `at` in colour.  at: the index of an
    element that the plane goes through, with a ring around it; without it the plane with most labels is shown.
    """
    middle = tuple(n // 2 for n in image.grid.shape) if labels is None else fullest(labels > 0)
    view = _finest(views(image.grid, tuple(at) or middle))
    if view is None:
        return None
    pixels = shown(view.plane_of(image))
    extents = np.array(pixels.shape[:2]) * view.spacing
    is_plain = labels is None and boxes is None and not at
    height, width = (max(1, round((LONGEST if is_plain else DRAWN_ON) * extent / extents.max())) for extent in extents)
    is_grey = is_plain and not np.ptp(pixels, axis=-1).any()
    picture = Pillow.fromarray(pixels[..., 0] if is_grey else pixels)
    picture = picture.resize((width, height), Pillow.Resampling.BICUBIC, reducing_gap=2.0)
    if labels is not None:
        picture = overlaid(picture, None, view.plane(labels), {})
    panel = Panel(view, picture, (pixels.shape[0], pixels.shape[1]))
    is_marked = boxes is not None and _draw(panel, boxes, at)
    if at and not is_marked:
        _ring(panel, at, image.grid.shape)
    return png(picture if is_grey else picture.quantize(COLOURS))


def _finest(planes: Sequence[View]) -> View | None:
    """The axial plane (the first), unless another one shows far finer detail, as where slices lie otherwise."""
    if not planes:
        return None
    finest = min(planes, key=lambda view: max(view.spacing))
    return finest if max(finest.spacing) < FINER * max(planes[0].spacing) else planes[0]


def _draw(panel: Panel, boxes: Boxes, at: Sequence[int]) -> bool:
    """Outline the boxes that the plane cuts, last those with their middle at a place; whether these are well seen."""
    axis, draw = panel.view.axis, ImageDraw.Draw(panel.picture)
    corners = np.sort(boxes.corners_index, axis=1)
    is_cut = np.ones(len(corners), bool)
    if axis is not None:
        is_cut = (corners[:, 0, axis] <= panel.view.at) & (panel.view.at <= corners[:, 1, axis])
    sizes = np.maximum(np.diff(corners, axis=1)[:, 0], 1.0)
    middles = corners.mean(axis=1).clip(0, np.array(boxes.grid.shape) - 1)
    is_marked, is_seen = np.zeros(len(corners), bool), False
    if at:
        is_marked = np.all(np.abs(middles - np.array(at)) <= np.maximum(1.0, 0.1 * sizes), axis=1)
    for number in np.flatnonzero(is_cut)[np.argsort(is_marked[is_cut], kind="stable")]:
        placed: NDArray[Any] = panel.place(corners[number], boxes.grid.shape)
        low, high = placed.min(axis=0), placed.max(axis=0)
        is_seen |= bool(is_marked[number] and np.min(high - low) >= RING)
        ends = (*low.tolist(), *high.tolist())
        draw.rectangle(ends, outline=MARK if is_marked[number] else TRUTH, width=3 if is_marked[number] else 1)
    return is_seen


def _ring(panel: Panel, at: Sequence[int], shape: Sequence[int]) -> None:
    x, y = panel.place(at, shape)[0].tolist()
    ImageDraw.Draw(panel.picture).ellipse((x - RING, y - RING, x + RING, y + RING), outline=MARK, width=3)
