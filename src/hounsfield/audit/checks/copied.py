"""Label maps that are their image once more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from hounsfield.audit.opened import OpenedCase
from hounsfield.ops.slabs import slabs
from hounsfield.values import Dataset, Fault, Image, LabelMap


@dataclass(frozen=True)
class Copied:
    """The check."""

    name: str = "copied"

    def measure(self, case: OpenedCase) -> list[tuple[str, str]]:
        """Label file and image file, of those that are equal element by element."""
        images = case.images()
        found = []
        for name, labels in case.labels().items():
            of = case.case.truths[name].of
            if of in images and labels.array.any() and _are_equal(images[of], labels):
                found.append((case.where(name), case.where(of)))
        return found

    def judge(self, measured: Mapping[str, list[tuple[str, str]]], dataset: Dataset) -> Iterable[Fault]:
        """Every such pair of files."""
        for case_id, files in measured.items():
            for label, image in files:
                yield Fault(
                    self.name,
                    label,
                    f"holds the very numbers of its image {image}",
                    "Put the label file in its place: this is a copy of the image.",
                    cases=(case_id,),
                )


CHECK = Copied()


def _are_equal(image: Image, labels: LabelMap) -> bool:
    """Whether the first channel is the label map; ends at the first part that differs."""
    return all(np.array_equal(values[0], labels.array[..., part]) for part, values in slabs(image.source))
