"""Boxes over their image: the truth dashed in white, the answer in colour with its score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import ImageDraw, ImageFont

from hounsfield.figures.colours import RGB, TRUTH, colour_of
from hounsfield.figures.panels import SMALL, Panel, hung, panels_of
from hounsfield.figures.picture import Picture
from hounsfield.values import Boxes, Image

DASH = 7  # pixels
SURE = 0.5  # boxes below this score are left out of the picture, and counted in its caption


def boxes_figure(image: Image, truth: Boxes | None, answer: Boxes, *, title: str) -> Picture:
    """The picture, or the planes of a volume through one box, with the boxes that they cut."""
    sure = answer.scores >= SURE
    at = _place_to_look(truth, answer, image.grid.shape)
    names = list(dict.fromkeys((*answer.labels, *(truth.labels if truth else ()))))
    colours = {name: colour_of(number) for number, name in enumerate(names)}
    panels = panels_of(image, at)
    for panel in panels:
        if truth is not None:
            _draw(panel, truth, np.ones(len(truth), bool))
        _draw(panel, answer, sure, colours)
    caption = "Boxes of the answer with their scores" + ("" if truth is None else ", those of the truth dashed") + "."
    unsure = int(np.count_nonzero(~sure))
    hidden = f" {unsure} more with a score below {SURE:g} {'is' if unsure == 1 else 'are'} not drawn." if unsure else ""
    key = {**colours, "truth": TRUTH} if truth is not None else colours
    return Picture(title, caption + hidden, png=hung([panel.lettered() for panel in panels], key))


def _place_to_look(truth: Boxes | None, answer: Boxes, shape: Sequence[int]) -> tuple[int, ...]:
    """The centre of the largest true box, else of the surest answer, else the middle."""
    if truth is not None and len(truth):
        centre = truth.corners_index[np.prod(np.diff(truth.corners_index, axis=1), axis=-1).argmax()].mean(axis=0)
    elif len(answer):
        centre = answer.corners_index[answer.scores.argmax()].mean(axis=0)
    else:
        centre = (np.array(shape) - 1) / 2
    inside = np.clip(np.round(centre), 0, np.array(shape) - 1)
    return tuple(int(place) for place in inside)


def _draw(panel: Panel, boxes: Boxes, chosen: NDArray[np.bool_], colours: dict[str, RGB] | None = None) -> None:
    """Those boxes that the plane cuts; with colours solid and with scores, without dashed in white."""
    draw, font = ImageDraw.Draw(panel.picture), ImageFont.load_default(SMALL)
    axis, at = panel.view.axis, panel.view.at
    for n in np.flatnonzero(chosen):
        corners = boxes.corners_index[n]
        if axis is not None and not corners[0, axis] <= at <= corners[1, axis]:
            continue
        placed = panel.place(corners, boxes.grid.shape)
        (left, top), (right, bottom) = placed.min(axis=0).tolist(), placed.max(axis=0).tolist()
        if colours is None:
            _dashed(draw, (left, top, right, bottom))
            continue
        colour = colours[boxes.labels[n]]
        draw.rectangle((left, top, right, bottom), outline=colour, width=2)
        corner = (min(max(left, 0), panel.picture.width - 36), top - SMALL - 3 if top > SMALL + 3 else bottom + 2)
        said = f"{boxes.scores[n]:.2f}"
        draw.rectangle(draw.textbbox(corner, said, font), fill=(0, 0, 0), outline=(0, 0, 0), width=2)
        draw.text(corner, said, colour, font)


def _dashed(draw: ImageDraw.ImageDraw, box: tuple[float, float, float, float]) -> None:
    left, top, right, bottom = box
    for x in np.arange(left, right, 2 * DASH):
        for y in (top, bottom):
            draw.line((x, y, min(x + DASH, right), y), TRUTH, 2)
    for y in np.arange(top, bottom, 2 * DASH):
        for x in (left, right):
            draw.line((x, y, x, min(y + DASH, bottom)), TRUTH, 2)
