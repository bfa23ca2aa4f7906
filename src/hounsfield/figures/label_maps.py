"""Label maps over their image: the answer tinted, the truth outlined in white."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.figures.colours import RGB, TRUTH
from hounsfield.figures.overlay import colours_of, overlaid
from hounsfield.figures.panels import hung, lettered, panels_of
from hounsfield.figures.picture import Picture
from hounsfield.figures.views import View, fullest
from hounsfield.values import Image, LabelMap

MOST_NAMES = 12  # in a legend


def label_map_figure(image: Image, truth: LabelMap | None, answer: LabelMap, *, title: str) -> Picture:
    """The planes with most of the truth (or of the answer, where the truth is empty); a picture also without labels."""
    mark = _foreground(answer) if truth is None else _foreground(truth)
    panels, visible = [], set[int]()
    for panel in panels_of(image, fullest(mark if mark.any() else _foreground(answer))):
        if image.grid.ndim == 2:
            panels.append(panel.picture)
        true = None if truth is None else _drawn(truth, panel.view)
        said = _drawn(answer, panel.view)
        panels.append(lettered(overlaid(panel.picture, true, said, _colours(answer)), panel.view.sides))
        visible.update(np.unique(said).tolist(), [] if true is None else np.unique(true).tolist())
    outlined = "" if truth is None else ", the truth outlined in white"
    names = ", ".join([*answer.labels.values()][:MOST_NAMES]) + ("…" if len(answer.labels) > MOST_NAMES else "")
    key = _key(answer, visible) if truth is None else {**_key(answer, visible), "truth": TRUTH}
    return Picture(title, f"The answer is tinted ({names}){outlined}.", png=hung(panels, key))


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


def _key(answer: LabelMap, visible: Collection[int]) -> dict[str, RGB]:
    """The names of the classes that are to be seen, with their colours; objects have no names."""
    colours = _colours(answer)
    values = [value for value in answer.labels if value in visible and value in colours]
    return {answer.labels[value]: colours[value] for value in values[:MOST_NAMES]}
