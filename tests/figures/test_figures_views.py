"""How volumes are hung: a mark at a known place of the body appears where a radiologist looks for it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hounsfield.figures.views import fullest, views
from hounsfield.values import Grid, Image

SIGNS = [(1, 1, 1), (-1, -1, 1), (1, -1, 1), (-1, 1, -1)]
ORDERS = [(0, 1, 2), (2, 1, 0), (1, 2, 0)]


def stored(ras: np.ndarray, order: tuple[int, ...], signs: tuple[int, ...]) -> tuple[np.ndarray, Grid]:
    """The same body, its axes stored in another order and direction: (array, grid), 1 x 2 x 3 mm."""
    spacing = (1.0, 2.0, 3.0)
    array = np.transpose(ras, order)
    affine = np.zeros((4, 4))
    affine[3, 3] = 1
    for axis, world in enumerate(order):
        affine[world, axis] = signs[world] * spacing[world]
        if signs[world] < 0:
            array = np.flip(array, axis)
            affine[world, 3] = (ras.shape[world] - 1) * spacing[world]
    return array, Grid(array.shape, affine)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("signs", SIGNS)
def test_right_is_left_front_is_up_and_head_is_up_however_the_file_is_stored(order, signs) -> None:
    body = np.zeros((6, 8, 10), np.float32)
    body[5, 7, 9] = 1  # far right, front, top
    array, grid = stored(body, order, signs)
    for view in views(grid, fullest(array > 0)):
        plane = view.plane(array)
        assert plane[0, 0] == 1, view.name
        assert plane.sum() == 1


def test_the_sides_are_named_and_the_planes_have_their_shapes() -> None:
    axial, coronal, sagittal = views(Grid.regular((6, 8, 10), (1, 2, 3)), (0, 0, 0))
    body = np.zeros((6, 8, 10))
    assert [view.name for view in (axial, coronal, sagittal)] == ["axial", "coronal", "sagittal"]
    assert [view.sides for view in (axial, coronal, sagittal)] == ["RL", "RL", "AP"]
    assert [view.plane(body).shape for view in (axial, coronal, sagittal)] == [(8, 6), (10, 6), (10, 8)]
    assert [view.spacing for view in (axial, coronal, sagittal)] == [(2, 1), (3, 1), (3, 2)]


def test_a_picture_is_left_as_it_is_and_has_no_sides() -> None:
    pixels = np.arange(12.0).reshape(3, 4)
    (view,) = views(Grid.picture((3, 4)), (0, 0))
    np.testing.assert_array_equal(view.plane(pixels), pixels)
    assert view.sides == ""


def test_a_volume_of_one_slice_shows_that_slice_alone() -> None:
    assert [view.name for view in views(Grid.regular((6, 8, 1)), (3, 4, 0))] == ["axial"]


def test_an_oblique_scan_is_hung_by_its_nearest_axes() -> None:
    angle = np.deg2rad(20)
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]
    assert [view.axis for view in views(Grid((6, 8, 10), affine), (0, 0, 0))] == [2, 1, 0]


def test_an_image_is_read_only_where_it_is_looked_at() -> None:
    class Counting:
        shape, dtype, read = (1, 40, 50, 60), np.dtype(np.float32), 0

        def slab(self, axis: int, start: int, stop: int) -> np.ndarray:
            shape = list(self.shape)
            shape[axis] = stop - start
            self.read += int(np.prod(shape))
            return np.zeros(shape, np.float32)

    source = Counting()
    image = Image(source, Grid.regular((40, 50, 60)))
    for view in views(image.grid, (20, 25, 30)):
        view.plane_of(image)
    assert source.read == 40 * 50 + 40 * 60 + 50 * 60


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ORDERS), st.sampled_from(SIGNS), st.tuples(*(st.integers(0, n - 1) for n in (4, 5, 6))))
def test_a_place_lies_where_its_element_is_drawn(order, signs, at) -> None:
    body = np.zeros((4, 5, 6))
    body[at] = 1
    array, grid = stored(body, order, signs)
    index = np.argwhere(array)[0]
    for view in views(grid, tuple(index)):
        row, column = view.place(index, grid.shape)[0]
        assert view.plane(array)[int(row), int(column)] == 1


def test_the_fullest_planes_are_found_and_nothing_gives_the_middle() -> None:
    mark = np.zeros((6, 8, 10), bool)
    mark[2, 3:6, 1:9] = mark[1:5, 4, 7] = True
    assert fullest(mark) == (2, 4, 7)
    assert fullest(np.zeros((6, 8, 10), bool)) == (3, 4, 5)
