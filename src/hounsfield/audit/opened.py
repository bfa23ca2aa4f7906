"""A case while it is looked at: each of its values is read once, whatever the number of checks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.shapes import Shape, shapes_of
from hounsfield.audit.summary import ImageSummary, summarise
from hounsfield.values import Case, Grid, Image, LabelMap, Lazy, Refused

T = TypeVar("T")


class OpenedCase:
    """A case whose values stay in memory once they were read, and what is easily said of them.

    case: the same case; what is loaded from it comes from this memory too. Everything raises Refused for what can
    not be read.
    """

    def __init__(self, case: Case) -> None:
        inputs = {role: _remembered(value) for role, value in case.inputs.items()}
        truths = {name: replace(truth, answer=_remembered(truth.answer)) for name, truth in case.truths.items()}
        self.case = replace(case, inputs=inputs, truths=truths)
        self._summaries: dict[str, tuple[ImageSummary, NDArray[np.float32]]] = {}
        self._shapes: dict[str, dict[int, Shape]] = {}
        self._found: dict[Callable[..., Any], Any] = {}

    def inputs(self, kind: type[T]) -> dict[str, T]:
        """Role -> value, of the inputs of one kind."""
        return {role: value.load() for role, value in self.case.inputs.items() if issubclass(value.kind, kind)}

    def truths(self, kind: type[T]) -> dict[str, T]:
        """Name -> answer, of the truths of one kind."""
        truths = self.case.truths.items()
        return {name: truth.answer.load() for name, truth in truths if issubclass(truth.answer.kind, kind)}

    def images(self) -> dict[str, Image]:
        """Role -> image."""
        return self.inputs(Image)

    def labels(self) -> dict[str, LabelMap]:
        """Name -> label map, of those that lie on their image's grid; what is wrong with the others is known then."""
        return {
            name: truth.answer.load()
            for name, truth in self.case.truths.items()
            if issubclass(truth.answer.kind, LabelMap) and self.lies_on_its_image(name)
        }

    def grids(self, truth: str) -> tuple[Grid, Grid] | None:
        """The grid of a label map's image and the one that the label map itself states; None where it has no image."""
        answer, of = self.case.truths[truth].answer, self.case.inputs.get(self.case.truths[truth].of)
        if of is None or not issubclass(of.kind, Image):
            return None
        image = of.load().grid
        try:
            return image, answer.load().grid
        except Refused:
            stated = answer.stored().grid if answer.stored is not None else image
            if stated.close_to(image):  # then it was refused for something else
                raise
            return image, stated

    def lies_on_its_image(self, truth: str) -> bool:
        """Whether a label map has the grid of its image, or no image."""
        grids = self.grids(truth)
        return grids is None or grids[0].close_to(grids[1])

    def summary(self, role: str) -> ImageSummary:
        """What the numbers of an image are like."""
        return self._summarised(role)[0]

    def thumbnail(self, role: str) -> NDArray[np.float32]:
        """The first channel of an image, averaged down to 16 elements an axis at most, in the order of its array."""
        return self._summarised(role)[1]

    def shapes(self, truth: str) -> dict[int, Shape]:
        """Where each value of a label map lies, but for the background and the unknown."""
        if truth not in self._shapes:
            labels = self.case.truths[truth].answer.load()
            found = shapes_of(labels.array)
            self._shapes[truth] = {value: shape for value, shape in found.items() if value != labels.ignore}
        return self._shapes[truth]

    def once(self, find: Callable[[OpenedCase], T]) -> T:
        """What a function finds in the case, found at the first call only, whichever check asks."""
        if find not in self._found:
            self._found[find] = find(self)
        found: T = self._found[find]
        return found

    def where(self, role_or_truth: str) -> str:
        """The file of an input or of a truth."""
        if role_or_truth in self.case.inputs:
            return self.case.inputs[role_or_truth].where
        return self.case.truths[role_or_truth].answer.where

    def _summarised(self, role: str) -> tuple[ImageSummary, NDArray[np.float32]]:
        if role not in self._summaries:
            self._summaries[role] = summarise(self.case.inputs[role].load())
        return self._summaries[role]


def _remembered(value: Lazy[Any]) -> Lazy[Any]:
    stored = None if value.stored is None else _once(value.stored)
    return replace(value, load=_once(value.load), digest=_once(value.digest), stored=stored)


def _once(read: Callable[[], T]) -> Callable[[], T]:
    """The same, read at the first call only; what was refused is refused again."""
    kept: list[T] = []
    refused: list[Refused] = []

    def again() -> T:
        if refused:
            raise refused[0]
        if not kept:
            try:
                kept.append(read())
            except Refused as refusal:
                refused.append(refusal)
                raise
        return kept[0]

    return again
