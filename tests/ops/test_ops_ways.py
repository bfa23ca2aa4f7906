"""Ways along a transform, forth and back, by hand: T(x) = 2 x + 1 from a fixed grid of 6 to a moving one of 13."""

import numpy as np
import pytest

from hounsfield.ops.ways import way_to_fixed, way_to_moving
from hounsfield.values import Grid, Transform

FIXED, MOVING = Grid.picture((6, 1)), Grid.picture((13, 1))
T = Transform(FIXED, MOVING, np.array([[2.0, 0, 1], [0, 1, 0], [0, 0, 1]]))
RAMP = np.arange(13.0, dtype=np.float32)[:, None]


def test_images_and_labels_are_pulled_onto_the_goal() -> None:
    forth = way_to_fixed(T)
    assert (forth.goal, way_to_moving(T).goal) == (FIXED, MOVING)
    assert forth.of_image(RAMP[None], MOVING, fill=-1.0)[0, :, 0].tolist() == [1, 3, 5, 7, 9, 11]
    labels = np.arange(6, dtype=np.uint8)[:, None]
    back = way_to_moving(T).of_labels(labels, FIXED)[:, 0]
    assert back[1::2].tolist() == [0, 1, 2, 3, 4, 5]
    assert way_to_moving(T).of_image(labels[None], FIXED, fill=-1.0)[0, 2:11:2, 0].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]


def test_points_are_pushed_along_and_the_placeless_stay_so() -> None:
    points = np.array([[1.0, 0], [np.nan, np.nan], [101.0, 7]])
    moved, error = way_to_fixed(T).of_points(points)
    assert moved == pytest.approx(np.array([[0, 0], [np.nan, np.nan], [50, 7]]), nan_ok=True)
    assert error == pytest.approx(0, abs=1e-9)
    again, error = way_to_moving(T).of_points(moved)
    assert again == pytest.approx(points, nan_ok=True)
    assert error == 0.0


def test_a_bent_way_back_undoes_the_way_forth() -> None:
    """u is 1 throughout: T(x) = x + 1, and its inverse is worked out where it was not kept."""
    u = np.zeros((2, 6, 1), np.float32)
    u[0] = 1
    bent = Transform(FIXED, FIXED, np.eye(3), u)
    ramp = RAMP[None, :6]
    assert way_to_fixed(bent).of_image(ramp, FIXED, fill=-1.0)[0, :, 0].tolist() == [1, 2, 3, 4, 5, -1]
    assert way_to_moving(bent).of_image(ramp, FIXED, fill=-1.0)[0, 2:, 0] == pytest.approx([1, 2, 3, 4], abs=1e-3)
