"""Which cases a step looks at where cases belong to classes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hounsfield.training.repeating import Arrays
from hounsfield.values import refuse


def truths_of(prepared: Sequence[Arrays]) -> NDArray[np.float32]:
    """The truths of all prepared cases (N, K): 1 yes, 0 no, NaN unknown."""
    return np.stack([case["truth"] for case in prepared])


def groups_of(truths: NDArray[np.float32], *, balanced: bool) -> list[NDArray[np.intp]]:
    """Groups of cases that are drawn equally often: those of each class, or all of which anything is known.

    A case of which nothing is known is in no group: it changes nothing. Raises Refused where there is no group.
    """
    if balanced:
        groups = [np.flatnonzero(column == 1) for column in truths.T]
    else:
        groups = [np.flatnonzero(np.isfinite(truths).any(axis=1))]
    if not any(len(group) for group in groups):
        raise refuse("the training cases", "have no known diagnosis", "Add cases whose diagnosis is known.")
    return [group for group in groups if len(group)]


def drawn(truths: NDArray[np.float32], size: int, *, balanced: bool, rng: np.random.Generator) -> NDArray[np.intp]:
    """Numbers of the cases of a batch (size,), with repeats; the groups of `groups_of` equally often."""
    groups = groups_of(truths, balanced=balanced)
    chosen = rng.integers(len(groups), size=size)
    return np.array([groups[group][rng.integers(len(groups[group]))] for group in chosen])
