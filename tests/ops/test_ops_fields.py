"""Displacement fields against SimpleITK's transforms (LPS)."""

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from scipy import ndimage
from scipy.spatial.transform import Rotation

from hounsfield.ops.fields import (
    compose,
    inverse_displacement,
    invert_points,
    jacobian_determinant,
    transform_points,
    warp,
    warp_labels,
)
from hounsfield.values import Grid

LPS = np.diag([-1.0, -1.0, 1.0])


def a_grid(shape, spacing, angles, middle=(0, 0, 0)) -> Grid:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * np.asarray(spacing)
    affine[:3, 3] = middle - affine[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Grid(shape, affine)


def smooth_field(grid: Grid, largest_mm: float, seed: int = 0, fading: bool = False) -> np.ndarray:
    u = np.random.default_rng(seed).normal(size=(3, *grid.shape))
    u = np.stack([ndimage.gaussian_filter(c, 3) for c in u])
    if fading:
        for axis, n in enumerate(grid.shape):
            u *= np.hanning(n).reshape([-1 if a == axis else 1 for a in range(3)])
    return (u / np.abs(u).max() * largest_mm).astype(np.float32)


def to_itk(array: np.ndarray, grid: Grid, is_vector: bool = False) -> sitk.Image:
    data = array.transpose(3, 2, 1, 0) if is_vector else array.transpose()
    image = sitk.GetImageFromArray(np.ascontiguousarray(data), isVector=is_vector)
    spacing = np.asarray(grid.spacing)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((LPS @ (grid.affine[:3, :3] / spacing)).ravel().tolist())
    image.SetOrigin((LPS @ grid.affine[:3, 3]).tolist())
    return image


def itk_transform(affine: np.ndarray, u: np.ndarray, grid: Grid) -> sitk.Transform:
    """First x + u(x), then the affine: ITK applies the last of a composite first."""
    turned = np.einsum("ab,b...->a...", LPS, u.astype(np.float64))
    field = sitk.DisplacementFieldTransform(to_itk(turned, grid, is_vector=True))
    linear = sitk.AffineTransform(3)
    linear.SetMatrix((LPS @ affine[:3, :3] @ LPS).ravel().tolist())
    linear.SetTranslation((LPS @ affine[:3, 3]).tolist())
    return sitk.CompositeTransform([linear, field])


FIXED = a_grid((18, 20, 14), (1.3, 1.1, 1.9), (12, -20, 35), (5, -4, 9))
MOVING = a_grid((22, 19, 17), (1.0, 1.4, 1.5), (-8, 15, 4), (4, -2, 10))
AFFINE = np.eye(4)
AFFINE[:3, :3] = Rotation.from_euler("zyx", (6, -4, 9), degrees=True).as_matrix() @ np.diag([1.05, 0.97, 1.02])
AFFINE[:3, 3] = [1.5, -0.7, 0.9]
U = smooth_field(FIXED, 3.0)


def test_points_equal_itk_inside_and_outside_the_grid():
    points = np.random.default_rng(1).uniform((-20, -29, -16), (30, 21, 34), (400, 3))
    got = transform_points(points, AFFINE, U, FIXED)
    transform = itk_transform(AFFINE, U, FIXED)
    want = np.array([transform.TransformPoint((LPS @ p).tolist()) for p in points]) @ LPS
    assert 0.1 < FIXED.contains(points).mean() < 0.9
    np.testing.assert_allclose(got, want, atol=1e-4)


@pytest.mark.parametrize("u", [U, None], ids=["deformable", "affine"])
def test_warps_equal_itk(u):
    rng = np.random.default_rng(2)
    image = rng.normal(size=MOVING.shape).astype(np.float32)
    labels = rng.integers(0, 4, MOVING.shape).astype(np.uint8)
    reference = to_itk(np.zeros(FIXED.shape, np.float32), FIXED)
    transform = itk_transform(AFFINE, np.zeros_like(U) if u is None else u, FIXED)

    def itk(moving, how, fill):
        out = sitk.Resample(to_itk(moving, MOVING), reference, transform, how, fill)
        return sitk.GetArrayFromImage(out).transpose()

    got = warp(image[None], MOVING, FIXED, AFFINE, u, fill=-5.0)[0]
    want = itk(image, sitk.sitkLinear, -5.0)
    assert (want == -5).any()
    differs = np.abs(got - want) > 2e-4
    assert differs.mean() < 1e-3  # a place within float32 of the edge may fall on either side
    got_labels = warp_labels(labels, MOVING, FIXED, AFFINE, u, fill=9)
    assert got_labels.dtype == np.uint8
    assert (got_labels != itk(labels, sitk.sitkNearestNeighbor, 9)).mean() < 1e-3


def test_composition_is_one_after_the_other():
    other = a_grid((16, 16, 16), (1.6, 1.6, 1.8), (0, 0, 0), (6, -5, 10))
    second_affine, second_u = np.linalg.inv(AFFINE), smooth_field(other, 2.0, seed=5)
    centres = FIXED.to_world(np.indices(FIXED.shape).reshape(3, -1).T)
    for u_1 in (U, None):
        for u_2 in (second_u, None):
            affine, u = compose((AFFINE, u_1, FIXED), (second_affine, u_2, other))
            got = transform_points(centres, affine, u, FIXED)
            between = transform_points(centres, AFFINE, u_1, FIXED)
            np.testing.assert_allclose(got, transform_points(between, second_affine, u_2, other), atol=1e-4)
    assert compose((AFFINE, None, FIXED), (second_affine, None, other))[1] is None


@given(matrix=st.lists(st.floats(-0.4, 0.4), min_size=9, max_size=9), angles=st.tuples(*[st.floats(-180, 180)] * 3))
@settings(max_examples=30, deadline=None)
def test_jacobian_of_a_linear_field_is_its_determinant(matrix, angles):
    grid = a_grid((5, 6, 4), (0.8, 1.7, 2.5), angles)
    slope = np.reshape(matrix, (3, 3))
    centres = grid.to_world(np.indices(grid.shape).reshape(3, -1).T)
    u = (centres @ slope.T).T.reshape(3, *grid.shape).astype(np.float32)
    np.testing.assert_allclose(jacobian_determinant(u, grid), np.linalg.det(np.eye(3) + slope), atol=2e-4)


def test_jacobian_equals_itk_within_the_edges():
    grid = Grid.regular((12, 13, 11), (1.2, 0.9, 2.0))
    u = smooth_field(grid, 2.0, seed=7)
    # ITK's filter takes the axes as they are, so the field goes in along them
    image = sitk.GetImageFromArray(u.astype(np.float64).transpose(3, 2, 1, 0), isVector=True)
    image.SetSpacing(grid.spacing)
    want = sitk.GetArrayFromImage(sitk.DisplacementFieldJacobianDeterminant(image)).transpose()
    inner = (slice(1, -1),) * 3
    np.testing.assert_allclose(jacobian_determinant(u, grid)[inner], want[inner], atol=1e-4)


def test_jacobian_in_two_dimensions_and_in_a_single_slice():
    grid = Grid.picture((6, 8))
    rows, columns = np.indices((6, 8))
    u = np.stack([0.5 * rows, -0.25 * columns + 0.1 * rows]).astype(np.float32)
    np.testing.assert_allclose(jacobian_determinant(u, grid), 1.5 * 0.75, rtol=1e-5)
    slice_grid = Grid.regular((6, 8, 1), 2.0)
    flat = np.stack([0.5 * 2 * rows, 0 * rows, 0 * rows])[..., None].astype(np.float32)
    np.testing.assert_allclose(jacobian_determinant(flat, slice_grid), 1.5, rtol=1e-5)


@given(seed=st.integers(0, 1000), strength=st.floats(0.1, 4.0))
@settings(max_examples=15, deadline=None)
def test_points_pushed_and_pulled_come_back(seed, strength):
    u = smooth_field(FIXED, strength, seed)
    assume(jacobian_determinant(u, FIXED).min() > 0.1)
    rng = np.random.default_rng(seed)
    index = rng.uniform(4, np.array(FIXED.shape) - 5, (50, 3))
    points = FIXED.to_world(index)
    moved = transform_points(points, AFFINE, u, FIXED)
    back, residual = invert_points(moved, AFFINE, u, FIXED)
    assert residual.max() <= 1e-3
    np.testing.assert_allclose(back, points, atol=0.02)


def test_what_cannot_be_inverted_says_so():
    grid = Grid.regular((20, 20, 20), 1.0)
    u = np.zeros((3, *grid.shape), np.float32)
    u[0] = 8.0  # torn off at the grid's edge: nothing arrives in the first 8 mm
    _, residual = invert_points(np.array([[4.0, 10, 10], [15.0, 10, 10]]), np.eye(4), u, grid)
    assert residual[0] > 3
    assert residual[1] < 1e-3


def test_points_outside_follow_the_affine_exactly():
    points = np.array([[500.0, -300.0, 80.0]])
    back, residual = invert_points(transform_points(points, AFFINE, U, FIXED), AFFINE, U, FIXED)
    np.testing.assert_allclose(back, points, atol=1e-9)
    assert residual[0] < 1e-9
    np.testing.assert_allclose(
        invert_points(points, AFFINE, None, FIXED)[0], (points - AFFINE[:3, 3]) @ np.linalg.inv(AFFINE[:3, :3]).T
    )


def test_inverse_displacement_undoes_the_transform_on_the_moving_grid():
    u = smooth_field(FIXED, 2.5, seed=3, fading=True)
    v, worst = inverse_displacement(AFFINE, u, FIXED, MOVING)
    assert v.shape == (3, *MOVING.shape)
    assert v.dtype == np.float32
    assert worst < 2e-3
    y = MOVING.to_world(np.indices(MOVING.shape).reshape(3, -1).T)
    x = (y - AFFINE[:3, 3]) @ np.linalg.inv(AFFINE[:3, :3]).T + v.reshape(3, -1).T
    np.testing.assert_allclose(transform_points(x, AFFINE, u, FIXED), y, atol=5e-3)


def test_inverse_displacement_equals_itks():
    grid = Grid.regular((16, 16, 16), 1.5)
    u = smooth_field(grid, 2.0, seed=4, fading=True)
    v, _ = inverse_displacement(np.eye(4), u, grid, grid)
    # components and axes turned alike: the field is the same seen from either world
    image = sitk.GetImageFromArray(u.astype(np.float64).transpose(3, 2, 1, 0), isVector=True)
    image.SetSpacing(grid.spacing)
    want = sitk.GetArrayFromImage(sitk.InvertDisplacementField(image, 100, 1e-4, 1e-5, True))
    np.testing.assert_allclose(v, want.transpose(3, 2, 1, 0), atol=0.02)


def test_pictures_are_warped_too():
    grid = Grid.picture((12, 15))
    image = np.random.default_rng(0).normal(size=(2, 12, 15)).astype(np.float32)
    u = np.zeros((2, 12, 15), np.float32)
    u[0] = 1.0  # each pixel shows what lies one row further down
    got = warp(image, grid, grid, np.eye(3), u)
    np.testing.assert_allclose(got[:, :-1], image[:, 1:], atol=1e-6)
    assert np.all(got[:, -1] == 0)
