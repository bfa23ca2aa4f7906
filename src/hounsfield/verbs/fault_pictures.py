"""What a fault looks like: the images it is about, with the labels or the boxes that it names drawn over them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from hounsfield.figures.thumbnail import thumbnail
from hounsfield.ops.resampling import resample_labels
from hounsfield.reports.audit_page import Seen
from hounsfield.values import Boxes, Case, Fault, Image, LabelMap, Lazy, Refused, Truth

IMAGES = 2  # of one case that are shown for a fault, such as two that lie apart


def pictures_of(fault: Fault, cases: Sequence[Case]) -> list[Seen]:
    """The pictures of the cases that a fault concerns; none of what can not be read."""
    return [seen for case in cases for seen in islice(_of_case(fault, case), IMAGES)]


def _of_case(fault: Fault, case: Case) -> Iterator[Seen]:
    images = {role: value for role, value in case.inputs.items() if issubclass(value.kind, Image)}
    truths = [truth for truth in case.truths.values() if _is_named(truth.answer, fault)]
    roles = [role for role, value in images.items() if _is_named(value, fault)]
    roles += [truth.of for truth in truths if truth.of in images]
    for role in dict.fromkeys(roles or list(images)[:1]):
        own = next((truth for truth in truths if truth.of == role), None)
        try:
            png = _picture(images[role].load(), own, fault.at)
        except (Refused, ValueError):  # ValueError: what lies in another world can not be drawn over it
            continue
        if png is not None:
            yield Seen(case.id if len(images) == 1 else f"{case.id}, {role}", png)


def _is_named(value: Lazy[object], fault: Fault) -> bool:
    return value.where in fault.where or value.where in fault.what


def _picture(image: Image, truth: Truth | None, at: tuple[int, ...]) -> bytes | None:
    at = at if len(at) == image.grid.ndim else ()
    if truth is not None and issubclass(truth.answer.kind, LabelMap):
        return thumbnail(image, labels=_labels_on(image, truth.answer), at=at)
    if truth is not None and issubclass(truth.answer.kind, Boxes):
        return thumbnail(image, boxes=truth.answer.load(), at=at)
    return thumbnail(image, at=at)


def _labels_on(image: Image, answer: Lazy[LabelMap]) -> NDArray[np.integer]:
    """The labels where the world puts them on an image; as the file has them, where they do not fit."""
    try:
        labels = answer.load()
        array, grid = labels.array, labels.grid
    except Refused:
        if answer.stored is None:
            raise
        stored = answer.stored()
        array, grid = np.rint(stored.source.slab(0, 0, 1)[0]).astype(np.int32), stored.grid
    return array if grid.close_to(image.grid) else resample_labels(array, grid, image.grid)
