"""Sets of the same named points side by side: which set is shifted, which points are exchanged or far off.

A constellation is an array (N, d) of places, NaN where a point was not marked; sets of them are (M, N, d).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hounsfield.ops.points import rigid_align

Places = NDArray[np.float64]

FEWEST_COMMON = 4  # points that two sets must share to be compared

SHIFTED = 1.5
"""A set is shifted when its usual distance is this many times what is left of it without the shift."""

EXCHANGED = 0.35
"""Two points are exchanged when that leaves less than this share of the distance of each."""

FITTED = 0.7  # share of the points, the nearest ones, that a motion is fitted to at last
ROUNDS = 3


@dataclass(frozen=True)
class Deviations:
    """How sets deviate: the shift of each (M, d), the rest (M, N, d) without it, and its length `away` (M, N)."""

    shifts: Places
    rest: Places
    away: NDArray[np.float64]


def stacked(names: Sequence[str], sets: Sequence[tuple[Sequence[str], Places]]) -> Places:
    """Sets of named points (names, places) as one array (M, N, d), in the order of `names`."""
    out = np.full((len(sets), len(names), sets[0][1].shape[1]), np.nan)
    for row, (own, places) in zip(out, sets, strict=True):
        at = {name: number for number, name in enumerate(own)}
        for number, name in enumerate(names):
            if name in at:
                row[number] = places[at[name]]
    return out


def middle_of(sets: Places) -> Places:
    """The median place of each point (N, d); NaN where no set has it."""
    is_known = np.isfinite(sets).any(axis=0)
    return np.where(is_known, np.nanmedian(np.where(is_known, sets, 0.0), axis=0), np.nan)


def deviations(sets: Places, reference: Places) -> Deviations:
    """How sets (M, N, d) of one case deviate from a reference (N, d), and from each other once the shifts are off."""
    shifts = np.stack([_median(one - reference) for one in sets])
    centred = sets - shifts[:, None]
    middle = middle_of(centred) if len(sets) > 2 else reference
    rest = centred - middle
    return Deviations(shifts, rest, np.linalg.norm(rest, axis=2))


def shape_of(sets: Places) -> tuple[Places, Places]:
    """Sets (M, N, d) of different cases laid upon each other by rigid motions, and their mean shape (N, d)."""
    shape = sets[int(np.argmax(np.isfinite(sets).all(axis=2).sum(axis=1)))]
    laid = sets
    for _ in range(ROUNDS):
        laid = np.stack([_laid_onto(one, shape) for one in sets])
        shape = middle_of(laid)
    return laid, shape


def exchanged(places: Places, reference: Places, usual: NDArray[np.float64]) -> list[tuple[int, int]]:
    """Pairs of points that fit a reference far better under each other's names.

    usual: (N,) the distances beyond which a point is looked at.
    """
    away = np.linalg.norm(places - reference, axis=1)
    odd = np.flatnonzero(away > usual)
    pairs = []
    for at, i in enumerate(odd):
        for j in odd[at + 1 :]:
            crossed = np.linalg.norm(places[[i, j]] - reference[[j, i]], axis=1)
            if np.all(crossed < EXCHANGED * away[[i, j]]):
                pairs.append((int(i), int(j)))
    return pairs


def usual_distance(away: NDArray[np.float64]) -> NDArray[np.float64]:
    """What distance is usual for each point (N,), of distances (M, N): no less than what is usual for all."""
    overall = float(np.nanmedian(away)) if np.isfinite(away).any() else 0.0
    is_known = np.isfinite(away).any(axis=0)
    own = np.nanmedian(np.where(is_known, away, 0.0), axis=0)
    return np.asarray(np.maximum(own, max(overall, 1e-9)))


def _median(differences: Places) -> Places:
    """The median difference (d,) of the known points; 0 where too few are known."""
    known = differences[np.isfinite(differences).all(axis=1)]
    return np.asarray(np.median(known, axis=0) if len(known) >= FEWEST_COMMON else np.zeros(differences.shape[1]))


def _laid_onto(places: Places, shape: Places) -> Places:
    """Places moved rigidly onto a shape, by all common points and then by those that fit best; NaN without enough."""
    chosen = np.isfinite(places).all(axis=1) & np.isfinite(shape).all(axis=1)
    common = chosen
    if common.sum() < FEWEST_COMMON:
        return np.full_like(places, np.nan)
    laid = places
    for _ in range(2):
        motion = rigid_align(places[chosen], shape[chosen])
        laid = places @ motion[:-1, :-1].T + motion[:-1, -1]
        away = np.where(common, np.linalg.norm(laid - shape, axis=1), np.inf)
        kept = max(FEWEST_COMMON, int(np.ceil(FITTED * common.sum())))
        chosen = np.zeros(len(places), bool)
        chosen[np.argsort(away)[:kept]] = True
    return laid
