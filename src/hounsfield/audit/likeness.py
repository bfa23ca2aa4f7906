"""Thumbnails of a whole set side by side: how like the others each image is, upright, reversed or mirrored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import FEWEST
from hounsfield.audit.summary import SIDE
from hounsfield.ops.resampling import canonical
from hounsfield.values import Grid

SHIFTS = (-2, -1, 0, 1, 2)  # elements of a thumbnail by which fields of view may differ


@dataclass(frozen=True)
class Small:
    """An image reduced to what can be compared with others: SIDE elements an axis, mean 0, norm 1."""

    where: str
    frame: str
    pattern: NDArray[np.float32]


def small_images(case: OpenedCase) -> dict[str, Small]:
    """Role -> small image, axes in the order and direction of the world's; images without contrast are left out."""
    found = {}
    for role, image in case.images().items():
        thumbnail = case.thumbnail(role)
        grid = Grid(thumbnail.shape, image.grid.affine, image.grid.unit, image.grid.frame)
        pattern, _ = canonical(thumbnail, grid)
        for axis, n in enumerate(pattern.shape):
            pattern = np.take(pattern, np.arange(SIDE) * n // SIDE, axis)
        pattern = pattern.astype(np.float64)
        if not np.isfinite(pattern).all():
            continue
        pattern = pattern - pattern.mean()
        norm = float(np.linalg.norm(pattern))
        if norm > 1e-6 * max(1.0, float(np.abs(thumbnail).max())):
            found[role] = Small(case.where(role), image.grid.frame, (pattern / norm).astype(np.float32))
    return found


@dataclass(frozen=True)
class Peers:
    """The small images of one role that can be compared: ids and files (N), patterns (N, SIDE, SIDE[, SIDE])."""

    ids: tuple[str, ...]
    where: tuple[str, ...]
    frame: str
    patterns: NDArray[np.float32]

    @property
    def rows(self) -> NDArray[np.float32]:
        """The patterns as rows (N, elements)."""
        return self.patterns.reshape(len(self.ids), -1)

    def middle(self) -> NDArray[np.float32]:
        """What the images have in common: their median, mean 0, norm 1; zeros where they have nothing in common."""
        middle = np.median(self.patterns, axis=0)
        middle = middle - middle.mean()
        norm = float(np.linalg.norm(middle))
        return np.asarray(middle / norm if norm > 0 else middle, np.float32)


def peers(measured: Mapping[str, Mapping[str, Small]]) -> Iterator[Peers]:
    """The images of each role, those of one frame and number of axes together, where they are enough to compare.

    Copies count once: several of one image do not tell what others are like.
    """
    groups: dict[tuple[str, str, int], dict[bytes, tuple[str, Small]]] = defaultdict(dict)
    for case_id, small in measured.items():
        for role, one in small.items():
            groups[role, one.frame, one.pattern.ndim].setdefault(sha256(one.pattern.tobytes()).digest(), (case_id, one))
    for (_, frame, _), distinct in groups.items():
        members = list(distinct.values())
        if len(members) >= FEWEST:
            yield Peers(
                ids=tuple(case_id for case_id, _ in members),
                where=tuple(one.where for _, one in members),
                frame=frame,
                patterns=np.stack([one.pattern for _, one in members]),
            )


def best_likeness(rows: NDArray[np.float32], pattern: NDArray[np.float32]) -> NDArray[np.float32]:
    """The correlation of each row (N, elements) with a pattern, shifted a little so that they fit best: (N,)."""
    axes = tuple(range(pattern.ndim))
    shifted = [np.roll(pattern, shift, axes).ravel() for shift in product(SHIFTS, repeat=pattern.ndim)]
    best = np.full(len(rows), -1.0, np.float32)
    for one in shifted:
        np.maximum(best, rows @ one, out=best)
    return best
