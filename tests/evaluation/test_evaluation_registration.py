"""Transforms: what they carry, and where they fold."""

import numpy as np
import pytest
from evaluation_cases import label_map, values_of

from hounsfield.evaluation.registration import CARRIED_DICE, FOLDING, TARGET_ERROR
from hounsfield.values import Grid, LabelMap, Points, Transform

BOTH = ("fixed", "moving")
GRID = Grid.regular((6, 6, 6))


def moved_by(x: float, y: float, z: float, grid: Grid = GRID) -> Transform:
    affine = np.eye(4)
    affine[:3, 3] = x, y, z
    return Transform(grid, grid, affine)


def block(start: int, grid: Grid = GRID, **more) -> LabelMap:
    array = np.zeros(grid.shape, np.uint8)
    array[start : start + 2, 2:4, 2:4] = 1
    return LabelMap(array, grid, {1: "organ"}, **more)


def test_structures_are_carried_from_moving_to_fixed():
    fixed, moving = block(1), block(3)
    assert values_of(CARRIED_DICE, moved_by(0, 0, 0), fixed, moving, of=BOTH) == {"organ": 0.0}
    assert values_of(CARRIED_DICE, moved_by(2, 0, 0), fixed, moving, of=BOTH) == {"organ": 1.0}
    assert values_of(CARRIED_DICE, moved_by(1, 0, 0), fixed, moving, of=BOTH) == {"organ": 0.5}


def test_displacements_carry_too():
    u = np.zeros((3, *GRID.shape), np.float32)
    u[0] = 2
    transform = Transform(GRID, GRID, np.eye(4), u)
    assert values_of(CARRIED_DICE, transform, block(1), block(3), of=BOTH) == {"organ": 1.0}


def test_the_moving_image_may_lie_on_another_grid():
    other = Grid.regular((6, 6, 6), 1.0, (10.0, 0.0, 0.0))
    transform = Transform(GRID, other, moved_by(12, 0, 0).affine)
    assert values_of(CARRIED_DICE, transform, block(1), block(3, other), of=BOTH) == {"organ": 1.0}


def test_what_the_moving_image_does_not_know_is_not_counted():
    moving = block(3)
    array = moving.array.copy()
    array[3] = 255
    half_known = LabelMap(array, GRID, {1: "organ"}, ignore=255)
    assert values_of(CARRIED_DICE, moved_by(2, 0, 0), block(1), half_known, of=BOTH) == {"organ": 1.0}
    unknown = label_map(np.full(GRID.shape, 255), ignore=255)
    assert np.isnan(values_of(CARRIED_DICE, moved_by(2, 0, 0), block(1), unknown, of=BOTH)["organ"])


def test_landmarks_are_pushed_from_fixed_to_moving():
    fixed = Points(np.array([[1, 1, 1], [2, 2, 2], [3, 3, 3.0]]), ("a", "b", "c"), np.array([1, 1, np.nan]))
    moving = Points(np.array([[5, 5, 5], [4, 2, 2], [3, 4, 1.0]]), ("x", "b", "a"))
    # a: (1,1,1) + (2,0,0) is (3,1,1), 3 mm from (3,4,1); b arrives; c is unknown in one
    assert values_of(TARGET_ERROR, moved_by(2, 0, 0), fixed, moving, of=BOTH) == {"landmarks": pytest.approx(1.5)}


def test_landmarks_without_a_partner_are_undefined():
    one, other = (Points(np.zeros((1, 3)), (name,)) for name in "ab")
    assert np.isnan(values_of(TARGET_ERROR, moved_by(0, 0, 0), one, other, of=BOTH)["landmarks"])
    assert values_of(TARGET_ERROR, moved_by(0, 0, 0), one, of=("fixed",)) == {}


def test_folding_is_the_share_of_elements_turned_inside_out():
    x = np.arange(6, dtype=np.float32)
    u = np.zeros((3, *GRID.shape), np.float32)
    assert values_of(FOLDING, Transform(GRID, GRID, np.eye(4), u)) == {"displacement": 0.0}
    u[0] = (-2 * x)[:, None, None]  # x -> -x
    assert values_of(FOLDING, Transform(GRID, GRID, np.eye(4), u)) == {"displacement": 1.0}
    u[0] = np.where(x >= 3, -2 * (x - 3), 0)[:, None, None]  # slopes by central differences: 0, 0, 0, -1, -2, -2
    assert values_of(FOLDING, Transform(GRID, GRID, np.eye(4), u)) == {"displacement": pytest.approx(3 / 6)}
    assert values_of(FOLDING, moved_by(9, 9, 9)) == {"displacement": 0.0}
