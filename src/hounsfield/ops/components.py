"""Objects in masks: connected components, and touching objects told apart by flooding from seeds."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_LEVELS = 256


def connected_components(mask: NDArray[Any]) -> tuple[NDArray[np.int32], int]:
    """Objects of a mask (*shape), numbered 1..n; elements that touch at a corner are one object."""
    labels = np.empty(mask.shape, np.int32)
    n = ndimage.label(mask, structure=np.ones((3,) * mask.ndim), output=labels)
    return labels, int(n)


def watershed_from_seeds(
    priority: NDArray[Any], seeds: NDArray[np.integer], mask: NDArray[np.bool_]
) -> NDArray[np.int32]:
    """Seeds grown over the mask, elements of high priority first, each as far as the others let it.

    priority, seeds (0 none), mask: (*shape).  What no seed reaches within the mask stays 0.  The priorities are taken
    in 256 steps; among equals all seeds grow at the same pace, corners included. (Seeded watershed by ordered queues,
    Meyer 1991; a queue's elements are treated together.)
    """
    level = np.pad(_levels(priority, mask), 1, constant_values=-1).ravel()  # -1: not to be entered
    labels = np.pad(np.where(mask, seeds, 0).astype(np.int32), 1)
    strides = np.array(labels.strides) // labels.itemsize
    around = np.array([step for step in product((-1, 0, 1), repeat=mask.ndim) if any(step)]) @ strides
    shape, labels = labels.shape, labels.ravel()

    waiting: list[list[tuple[NDArray[np.intp], NDArray[np.int32]]]] = [[] for _ in range(_LEVELS)]
    _enqueue(waiting, level, labels, np.flatnonzero(labels), around)
    for current in reversed(range(_LEVELS)):
        while waiting[current]:
            parts, waiting[current] = waiting[current], []
            reached = np.concatenate([part[0] for part in parts])
            by = np.concatenate([part[1] for part in parts])
            reached, first = np.unique(reached, return_index=True)  # who came first has it
            is_free = labels[reached] == 0
            reached, by = reached[is_free], by[first[is_free]]
            labels[reached] = by
            _enqueue(waiting, np.minimum(level, current), labels, reached, around)
    return labels.reshape(shape)[(slice(1, -1),) * mask.ndim].copy()


def split_objects(
    foreground_probability: NDArray[Any], interior_probability: NDArray[Any], *, min_size: int = 0
) -> NDArray[np.int32]:
    """Objects (*shape) numbered 1..n, touching ones told apart by their interiors.

    Each component of interior > 0.5 is a seed; seeds grow over foreground > 0.5, meeting where the interior is least
    likely; a component of the foreground without a seed is one object; objects under `min_size` elements are dropped.
    """
    foreground = foreground_probability > 0.5
    seeds, n = connected_components((interior_probability > 0.5) & foreground)
    objects = watershed_from_seeds(interior_probability, seeds, foreground)
    seedless, _ = connected_components(foreground & (objects == 0))
    objects = np.where(seedless > 0, seedless + n, objects)
    sizes = np.bincount(objects.ravel())
    is_kept = sizes >= max(min_size, 1)
    is_kept[0] = False
    numbers = np.where(is_kept, np.cumsum(is_kept), 0).astype(np.int32)
    return numbers[objects]


def _levels(priority: NDArray[Any], mask: NDArray[np.bool_]) -> NDArray[np.int16]:
    """Priorities as steps 0..255 within the mask, -1 outside."""
    level = np.full(mask.shape, -1, np.int16)
    if mask.any():
        within = priority[mask].astype(np.float64)
        low, span = within.min(), within.max() - within.min()
        level[mask] = np.rint((within - low) / span * (_LEVELS - 1)) if span > 0 else 0
    return level


def _enqueue(
    waiting: list[list[tuple[NDArray[np.intp], NDArray[np.int32]]]],
    level: NDArray[np.int16],
    labels: NDArray[np.int32],
    grown: NDArray[np.intp],
    around: NDArray[np.intp],
) -> None:
    """Put the free neighbours of elements just labelled into the queue of their level."""
    neighbours = (grown[:, None] + around).ravel()
    by = np.repeat(labels[grown], len(around))
    is_open = (level[neighbours] >= 0) & (labels[neighbours] == 0)
    neighbours, by = neighbours[is_open], by[is_open]
    of = level[neighbours]
    for step in np.unique(of):
        here = of == step
        waiting[int(step)].append((neighbours[here], by[here]))
