"""Labels over a plane: the answer tinted and outlined in its colour, the truth outlined in white."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from hounsfield.figures.colours import RGB, TRUTH, colour_of
from hounsfield.figures.panels import enlarged, hung, nearest, png, shown, sizes
from hounsfield.figures.views import View

TINT = 0.35
THICK = 2  # pixels of an outline
STRIPE = 6  # pixels of one stripe of it


def overlay(
    image: NDArray[Any],
    truth: NDArray[np.integer] | None,
    answer: NDArray[np.integer] | None,
    labels: Mapping[int, str],
) -> bytes:
    """PNG of a picture with labels over it, made large enough to look at.

    image: (H, W) or (H, W, 3).  truth, answer: (H, W), 0 background.  labels: value -> name, for the legend; none of
    them, no legend.
    """
    channels = image[None] if image.ndim == 2 else np.moveaxis(image, -1, 0)
    rows, columns = channels.shape[1:]
    size = sizes([View("picture", 0, 1, (False, False), (1.0, 1.0))], [(rows, columns)])[0]
    colours = colours_of(labels)
    panel = overlaid(enlarged(shown(channels), size), truth, answer, colours)
    if not labels:
        return png(panel)
    key = {name: colours[value] for value, name in labels.items()}
    return hung([panel], key if truth is None else {**key, "truth": TRUTH})


def colours_of(labels: Mapping[int, str]) -> dict[int, RGB]:
    """A colour for each label value, in the order of the labels."""
    return {value: colour_of(number) for number, value in enumerate(labels)}


def overlaid(
    panel: Pillow.Image,
    truth: NDArray[np.integer] | None,
    answer: NDArray[np.integer] | None,
    colours: Mapping[int, RGB],
) -> Pillow.Image:
    """A panel with labels over it, each (H, W) and enlarged to it; a value without a colour takes its number's.

    The truth's outline is white; of several labels it is striped with their colours, so that a wrong class shows.
    """
    pixels = np.asarray(panel).copy()
    size = pixels.shape[:2]
    if answer is not None:
        large = nearest(answer, size)
        border = outline(large)
        for value in np.unique(large[large > 0]).tolist():
            tint = np.array(colours.get(value, colour_of(value - 1)), np.float32)
            inside = large == value
            pixels[inside] = (1 - TINT) * pixels[inside] + TINT * tint
            pixels[inside & border] = tint
    if truth is not None:
        large = nearest(truth, size)
        border = outline(large)
        pixels[_shadow(border)] //= 3  # or white is lost on bright bone
        pixels[border] = TRUTH
        if len(colours) > 1:
            down, across = np.indices(size)
            for value, colour in colours.items():
                pixels[border & (large == value) & ((down + across) // STRIPE % 2 == 1)] = colour
    return Pillow.fromarray(pixels)


def outline(labels: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Where a label borders on another one: THICK pixels of its own rim (H, W); the background has no rim."""
    edge = np.zeros(labels.shape, bool)
    for moved in _moved(labels, THICK):
        edge |= moved != labels
    return edge & (labels > 0)


def _shadow(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pixels beside a mask."""
    near = np.zeros(mask.shape, bool)
    for moved in _moved(mask, 1):
        near |= moved
    return near & ~mask


def _moved(array: NDArray[Any], by: int) -> Iterator[NDArray[Any]]:
    """The array (H, W) moved to every place within a circle."""
    padded = np.pad(array, by, mode="edge")
    rows, columns = array.shape
    for down in range(-by, by + 1):
        for across in range(-by, by + 1):
            if down * down + across * across <= by * by:
                yield padded[by + down : by + down + rows, by + across : by + across + columns]
