"""A label map of several masks, one for each object: united, and told apart."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np

from hounsfield.formats.files import sha256_of
from hounsfield.layouts import lazies
from hounsfield.values import LabelMap, Lazy

OBJECT = 1


def objects(masks: tuple[Path, ...], image: Path, *, where: str, name: str = "object") -> Lazy[LabelMap]:
    """Objects numbered by the order of the masks; where two overlap, the first keeps the pixel."""

    def load() -> LabelMap:
        grid = lazies.format_of(image).read_grid(image)
        instances = np.zeros(grid.shape, np.min_scalar_type(len(masks)))
        for number, path in enumerate(masks, start=1):
            mask, found = lazies.format_of(path).read_labels(path)
            if found.shape != grid.shape:
                lazies.same_grid(path, found, image)
            instances[(mask > 0) & (instances == 0)] = number
        return LabelMap((instances > 0).astype(np.uint8) * OBJECT, grid, {OBJECT: name}, instances)

    def digest() -> str:
        return hashlib.sha256("\n".join(sha256_of(path) for path in masks).encode()).hexdigest()

    return Lazy(LabelMap, where, load, digest, files=masks)
