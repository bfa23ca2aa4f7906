"""Label maps with a few elements far away from the body they belong to."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.robust import FEWEST
from hounsfield.ops.components import connected_components
from hounsfield.values import Dataset, Fault

MANY = 32  # labels of one map that are looked at
SIDE = 96  # elements of an axis beyond which pieces are looked for in blocks, so that memory stays small
BODY = 0.1  # of the largest piece: what is as large is a body of its own
TINY = 0.02  # of all: what is smaller may be astray
CLEAN = 0.9  # so many of the others must have nothing astray


class Astray(NamedTuple):
    """Pieces of a label that lie far from its bodies: their number, their elements, the largest gap, the farthest one.

    at: the index of an element of that one, or of a block that holds some.
    """

    pieces: int
    elements: int
    gap: float
    at: tuple[int, ...]


NOTHING = Astray(0, 0, 0.0, ())


class Looked(NamedTuple):
    """A label map: its file, the unit of its gaps, and what is astray of each label."""

    where: str
    unit: str
    labels: Mapping[int, tuple[str, Astray]]


@dataclass(frozen=True)
class Stray:
    """The check."""

    name: str = "stray"

    def measure(self, case: OpenedCase) -> dict[str, Looked]:
        """Truth -> what is astray in it."""
        found = {}
        for name, labels in case.labels().items():
            shapes = case.shapes(name)
            astray = {}
            for value, shape in list(shapes.items())[:MANY]:
                mask = labels.array[shape.box] == value
                found_there = far_pieces(mask, labels.grid.spacing)
                at = tuple(low + n for low, n in zip(shape.low, found_there.at, strict=False))
                astray[value] = labels.labels.get(value, f"label_{value}"), found_there._replace(at=at)
            found[name] = Looked(case.where(name), labels.grid.unit, astray)
        return found

    def judge(self, measured: Mapping[str, Mapping[str, Looked]], dataset: Dataset) -> Iterable[Fault]:
        """Label maps with something astray of a label that is whole in nearly all others."""
        labels = sorted({(t, v) for found in measured.values() for t, one in found.items() for v in one.labels})
        for truth, value in labels:
            having = {
                case_id: found[truth]
                for case_id, found in measured.items()
                if truth in found and value in found[truth].labels
            }
            odd = [case_id for case_id, one in having.items() if one.labels[value][1].pieces]
            whole = len(having) - len(odd)
            if len(having) < FEWEST or whole < CLEAN * (len(having) - 1):
                continue
            for case_id in odd:
                where, unit, own = having[case_id]
                word, (_, n, gap, at) = own[value]
                what = f"has {n} element{'s' * (n > 1)} of {word} up to {gap:.3g} {unit} away from its body"
                why = f"{whole} of {len(having)} label maps have all of it in one place"
                remedy = "Look at them, and remove what was painted by mistake."
                yield Fault(self.name, where, f"{what}; {why}", remedy, 0.8, (case_id,), at)


CHECK = Stray()


def far_pieces(mask: NDArray[np.bool_], spacing: tuple[float, ...]) -> Astray:
    """The tiny pieces of a mask that lie further from its bodies than half a body's radius and four elements."""
    counts, step = _in_blocks(mask, spacing)
    pieces, n = connected_components(counts > 0)
    if n < 2:
        return NOTHING
    sizes = np.bincount(pieces.ravel(), counts.ravel())
    sizes[0] = 0
    tiny = np.flatnonzero((sizes > 0) & (sizes < TINY * sizes.sum()))
    bodies = np.flatnonzero(sizes >= BODY * sizes.max())
    tiny = np.setdiff1d(tiny, bodies)
    if not len(tiny):
        return NOTHING
    distance = ndimage.distance_transform_edt(~np.isin(pieces, bodies), sampling=step)
    gaps = np.atleast_1d(ndimage.minimum(distance, pieces, tiny))
    radius = float(sizes.max() * math.prod(spacing)) ** (1 / mask.ndim) / 2
    is_far = gaps > max(4 * max(step), 0.5 * radius)
    if not is_far.any():
        return NOTHING
    farthest = np.argwhere(pieces == tiny[int(np.argmax(gaps))])[0]
    blocks = [round(s / own) for s, own in zip(step, spacing, strict=True)]
    at = tuple(int(n) * block + block // 2 for n, block in zip(farthest, blocks, strict=True))
    at = tuple(min(n, size - 1) for n, size in zip(at, mask.shape, strict=True))
    return Astray(int(is_far.sum()), int(sizes[tiny][is_far].sum()), float(gaps[is_far].max()), at)


def _in_blocks(mask: NDArray[np.bool_], spacing: tuple[float, ...]) -> tuple[NDArray[Any], tuple[float, ...]]:
    """Elements of a mask counted in blocks, as few as SIDE an axis, and the blocks' spacing."""
    counts: NDArray[Any] = mask
    steps = []
    for axis, n in enumerate(mask.shape):
        block = -(-n // SIDE)
        counts = np.add.reduceat(counts, np.arange(0, n, block), axis=axis, dtype=np.int32) if block > 1 else counts
        steps.append(spacing[axis] * block)
    return counts.astype(np.int32, copy=False), tuple(steps)
