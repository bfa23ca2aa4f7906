"""How two images of one body would have to be moved to lie on each other, when by their headers they do not.

Looked for with images in small: a shift first, then every order and direction of the axes, then turns in between.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import permutations, product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hounsfield.values import Grid

SEEN = 0.3  # share of the smaller foreground that has to overlap before a correlation says anything
LEAST = 32  # elements
SHIFTS = (8, 4, 2, 1)  # steps of the search, in elements
TURNS = (16.0, 8.0, 4.0)  # degrees
WORTH = 0.35  # correlation of a first guess from which on it is looked at more closely
GUESSES = 2
ELEMENT = 4.0  # degrees that go with a shift by one element
SCALED = 1.25  # factor between two extents of a body from which on a scale is tried

Small = NDArray[np.float32]
Matrix = NDArray[np.float64]


class Move(NamedTuple):
    """Where a point of the first image's world lies in the second's, and the correlation with it; NaN where unseen.

    affine: (4, 4).  farthest: how far it carries the body at most, in mm.
    """

    affine: Matrix
    likeness: float
    farthest: float


def likeness_of(a: Small, grid_a: Grid, b: Small, grid_b: Grid, affine: Matrix) -> float:
    """Correlation of two images where the first is bright, the second carried onto it; NaN where too little is seen."""
    return _likeness(a, _carried(grid_a, b, grid_b, affine), (0, 0, 0), _least(a, grid_a, b, grid_b))


def shifted(a: Small, grid_a: Grid, b: Small, grid_b: Grid) -> Move:
    """The best shift."""
    moved = _carried(grid_a, b, grid_b, np.eye(4))
    least = _least(a, grid_a, b, grid_b)
    at = (0, 0, 0)
    best = _likeness(a, moved, at, least)
    for step in SHIFTS:
        tried = {at: best}
        for way in product((-step, 0, step), repeat=3):
            shift = (at[0] + way[0], at[1] + way[1], at[2] + way[2])
            if shift not in tried:
                tried[shift] = _likeness(a, moved, shift, least)
        at = max(tried, key=lambda shift: -1.0 if math.isnan(tried[shift]) else tried[shift])
        best = tried[at]
    affine = np.eye(4)
    affine[:3, 3] = grid_a.affine[:3, :3] @ at
    return Move(affine, best, float(np.linalg.norm(affine[:3, 3])))


def turned(a: Small, grid_a: Grid, b: Small, grid_b: Grid, angles: Sequence[float] = TURNS) -> Move:
    """The best turn, mirror image and scale, with the shift that brings the bodies together.

    angles: steps in degrees of the turns between the right angles, the largest first.
    """
    body_a, body_b = _body(a, grid_a), _body(b, grid_b)
    if min(len(body_a), len(body_b)) < LEAST:
        return Move(np.eye(4), math.nan, 0.0)
    least = _least(a, grid_a, b, grid_b)

    def tried(affine: Matrix) -> float:
        found = _likeness(a, _carried(grid_a, b, grid_b, affine), (0, 0, 0), least)
        return -1.0 if math.isnan(found) else found

    guesses = sorted(((tried(guess), n, guess) for n, guess in enumerate(_guesses(body_a, body_b))), reverse=True)
    best, affine = guesses[0][0], guesses[0][2]
    for likeness, _, guess in guesses[:GUESSES]:
        if likeness >= WORTH:
            found = _refined(guess, likeness, angles, body_a.mean(axis=0), min(grid_a.spacing), tried)
            best, affine = max((best, affine), found, key=lambda one: one[0])
    ends = _corners(body_a)
    carried = ends @ affine[:3, :3].T + affine[:3, 3]
    return Move(affine, best, float(np.linalg.norm(carried - ends, axis=1).max()))


def in_words(affine: Matrix, centre: NDArray[np.float64]) -> str:
    """What a move does to a body around a centre: "turned by 90° and shifted by 24 mm"."""
    left, scales, right = np.linalg.svd(affine[:3, :3])
    turn, mirror, said = left @ right, "", []
    if np.linalg.det(turn) < 0:
        words = ("left and right", "front and back", "below and above")
        mirrors = [turn @ np.diag([-1.0 if axis == n else 1.0 for n in range(3)]) for axis in range(3)]
        axis = min(range(3), key=lambda axis: _degrees(mirrors[axis]))
        turn, mirror = mirrors[axis], f"mirrored, with {words[axis]} exchanged"
    degrees, way = _degrees(turn), float(np.linalg.norm(affine[:3, :3] @ centre + affine[:3, 3] - centre))
    if mirror:
        said.append(mirror)
    if degrees >= 2:
        said.append(f"turned by {degrees:.0f}°")
    if max(scales.max(), 1 / scales.min()) >= SCALED:
        said.append(f"scaled by {' x '.join(f'{scale:.2g}' for scale in scales)}")
    if way >= 1 or not said:
        said.append(f"shifted by {way:.0f} mm")
    return " and ".join(said)


def _degrees(turn: Matrix) -> float:
    return math.degrees(math.acos(float(np.clip((np.trace(turn) - 1) / 2, -1, 1))))


def _guesses(body_a: Matrix, body_b: Matrix) -> Iterator[Matrix]:
    """All orders and directions of the axes around the bodies' middles, at equal size and each axis scaled."""
    middle_a, middle_b = body_a.mean(axis=0), body_b.mean(axis=0)
    size_a, size_b = body_a.std(axis=0), body_b.std(axis=0)
    for order in permutations(range(3)):
        scales = size_b / np.maximum(size_a[list(order)], 1e-9)
        scales = np.where((scales > 1 / SCALED) & (scales < SCALED), 1.0, scales)
        for signs in product((1.0, -1.0), repeat=3):
            turn = np.zeros((3, 3))
            turn[range(3), order] = signs
            yield _around(turn, middle_a, middle_b)
            if np.any(scales != 1):
                yield _around(scales[:, None] * turn, middle_a, middle_b)


def _around(linear: Matrix, middle_a: Matrix, middle_b: Matrix) -> Matrix:
    affine = np.eye(4)
    affine[:3, :3] = linear
    affine[:3, 3] = middle_b - linear @ middle_a
    return affine


def _refined(
    affine: Matrix,
    best: float,
    angles: Sequence[float],
    centre: Matrix,
    element: float,
    tried: Callable[[Matrix], float],
) -> tuple[float, Matrix]:
    """The best likeness (and its move) that smaller and smaller turns and shifts lead to."""
    for degrees in angles:
        steps = [*_small_turns(degrees, centre), *_small_shifts(element * degrees / ELEMENT)]
        has_gained = True
        while has_gained:
            found, candidate = max(((tried(affine @ step), affine @ step) for step in steps), key=lambda one: one[0])
            has_gained = found > best + 1e-3
            best, affine = (found, candidate) if has_gained else (best, affine)
    return best, affine


def _small_turns(degrees: float, centre: Matrix) -> Iterator[Matrix]:
    for axis, sign in product(range(3), (1, -1)):
        i, j = (n for n in range(3) if n != axis)
        turn = np.eye(3)
        turn[i, i] = turn[j, j] = math.cos(math.radians(degrees))
        turn[i, j] = sign * math.sin(math.radians(degrees))
        turn[j, i] = -turn[i, j]
        yield _around(turn, centre, centre)


def _small_shifts(mm: float) -> Iterator[Matrix]:
    for axis, sign in product(range(3), (1, -1)):
        shift = np.eye(4)
        shift[axis, 3] = sign * mm
        yield shift


def _carried(grid_a: Grid, b: Small, grid_b: Grid, affine: Matrix) -> Small:
    """The second image on the first one's grid, through a move; NaN outside of it."""
    index = np.linalg.inv(grid_b.affine) @ affine @ grid_a.affine
    return np.asarray(
        ndimage.affine_transform(b, index[:3, :3], index[:3, 3], grid_a.shape, order=1, cval=math.nan), np.float32
    )


def _body(small: Small, grid: Grid) -> Matrix:
    """World points (N, 3) of what is bright."""
    return grid.to_world(np.argwhere(small > small.mean()))


def _corners(points: Matrix) -> Matrix:
    ends = np.stack([points.min(axis=0), points.max(axis=0)])
    return np.array([[ends[n, axis] for axis, n in enumerate(corner)] for corner in product((0, 1), repeat=3)])


def _least(a: Small, grid_a: Grid, b: Small, grid_b: Grid) -> int:
    """Elements of the first image that must be bright, and inside the second one."""
    bright_b = np.count_nonzero(b > b.mean()) * grid_b.voxel_volume / grid_a.voxel_volume
    return max(LEAST, int(SEEN * min(np.count_nonzero(a > a.mean()), bright_b)))


def _likeness(a: Small, b: NDArray[np.floating], shift: tuple[int, ...], least: int) -> float:
    """Correlation of a(x) with b(x + shift) where a is bright; NaN where fewer than `least` elements are in both."""
    here = tuple(slice(max(0, -s), n - max(0, s)) for s, n in zip(shift, a.shape, strict=True))
    there = tuple(slice(max(0, s), n + min(0, s)) for s, n in zip(shift, a.shape, strict=True))
    seen = (a > a.mean())[here] & np.isfinite(b[there])
    if np.count_nonzero(seen) < least:
        return math.nan
    x, y = a[here][seen].astype(np.float64), b[there][seen].astype(np.float64)
    norm = float(x.std() * y.std())
    return float(np.mean((x - x.mean()) * (y - y.mean()))) / norm if norm > 0 else 0.0
