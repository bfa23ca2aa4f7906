"""Label maps over their image: the answer tinted, the truth outlined in white."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy import ndimage

from hounsfield.figures.colours import TRUTH, colour_of
from hounsfield.figures.panels import enlarged, planes, shown, side_by_side, upright
from hounsfield.figures.picture import Picture
from hounsfield.values import Image, LabelMap

TINT = 0.45


def label_map_figure(image: Image, truth: LabelMap | None, answer: LabelMap, *, title: str) -> Picture:
    """The planes with most of the truth (or answer): the image alone, then with answer and truth."""
    mark = (truth or answer).array > 0
    panels = []
    for plane, cut in planes(image, mark):
        pixels = shown(plane) if image.grid.ndim == 2 else upright(shown(plane), image.grid)
        if image.grid.ndim == 2:
            panels.append(enlarged(pixels))
        panels.append(_overlaid(pixels, _cut(answer, cut), None if truth is None else _cut(truth, cut), answer))
    names = ", ".join(answer.labels.values())
    outlined = ", the truth outlined in white" if truth is not None else ""
    return Picture(title, f"The answer is tinted ({names}){outlined}.", png=side_by_side(panels))


def _cut(labels: LabelMap, cut: tuple[slice | int, ...]) -> NDArray[Any]:
    """What to outline in a plane: objects where they are told apart, else classes."""
    array = labels.array if labels.instances is None else labels.instances
    return upright(array[cut], labels.grid)


def _overlaid(
    pixels: NDArray[np.uint8], answer: NDArray[Any], truth: NDArray[Any] | None, said: LabelMap
) -> Pillow.Image:
    """Tints go under the enlargement, outlines over it, so that they stay thin."""
    tinted = pixels.astype(np.float32)
    numbers = {value: n for n, value in enumerate(said.labels)} if said.instances is None else {}
    for value in np.unique(answer[answer > 0]):
        colour = np.array(colour_of(numbers.get(int(value), int(value) - 1)), np.float32)
        tinted[answer == value] = (1 - TINT) * tinted[answer == value] + TINT * colour
    panel = enlarged(tinted.astype(np.uint8))
    if truth is None:
        return panel
    zoom = (panel.height / truth.shape[0], panel.width / truth.shape[1])
    large = ndimage.zoom(truth, zoom, order=0, grid_mode=True, mode="nearest")[: panel.height, : panel.width]
    drawn = np.asarray(panel).copy()
    outline = ndimage.maximum_filter(large, 3) != ndimage.minimum_filter(large, 3)
    drawn[: outline.shape[0], : outline.shape[1]][outline] = TRUTH
    return Pillow.fromarray(drawn)
