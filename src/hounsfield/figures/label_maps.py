"""Label maps over their image: the answer tinted, the truth outlined in white."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.figures.colours import RGB
from hounsfield.figures.overlay import colours_of, key_of, overlaid
from hounsfield.figures.panels import hung, lettered, panels_of
from hounsfield.figures.picture import Picture
from hounsfield.figures.views import View, fullest
from hounsfield.values import Image, LabelMap

MOST_NAMES = 12  # in a legend


def label_map_figure(image: Image, truth: LabelMap | None, answer: LabelMap, *, title: str) -> Picture:
    """The planes with most of the truth (or of the answer, where the truth is empty); a picture also without labels."""
    mark = _foreground(answer) if truth is None else _foreground(truth)
    panels = []
    for panel in panels_of(image, fullest(mark if mark.any() else _foreground(answer))):
        if image.grid.ndim == 2:
            panels.append(panel.picture)
        seen = None if truth is None else _drawn(truth, panel.view)
        drawn = overlaid(panel.picture, seen, _drawn(answer, panel.view), _colours(answer))
        panels.append(lettered(drawn, panel.view.sides))
    outlined = "" if truth is None else ", the truth outlined in white"
    return Picture(title, f"The answer is tinted{outlined}.", png=hung(panels, _key(truth, answer)))


def _foreground(labels: LabelMap) -> NDArray[np.bool_]:
    return (labels.array > 0) & labels.known


def _drawn(labels: LabelMap, view: View) -> NDArray[Any]:
    """What to draw in a plane: objects where they are told apart, else classes; the unknown is left out."""
    if labels.instances is not None:
        return view.plane(labels.instances)
    plane = view.plane(labels.array)
    return np.where(plane == labels.ignore, 0, plane)


def _colours(answer: LabelMap) -> dict[int, RGB]:
    return {} if answer.instances is not None else colours_of(answer.labels)


def _key(truth: LabelMap | None, answer: LabelMap) -> dict[str, RGB]:
    """Objects have no names, so their legend is the truth's alone."""
    names = {} if answer.instances is not None else dict(list(answer.labels.items())[:MOST_NAMES])
    return key_of(names, truth is not None)
