"""Points of known shapes in oblique worlds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hounsfield.ops.points import centroid, extreme, heatmap, principal_axes, rigid_align
from hounsfield.values import Grid

AFFINE = np.eye(4)
AFFINE[:3, :3] = Rotation.from_euler("xyz", (20, -15, 130), degrees=True).as_matrix() * [1.0, 0.8, 1.5]
AFFINE[:3, 3] = [-30, 12, 7]
GRID = Grid((60, 64, 40), AFFINE)
WORLD = GRID.to_world(np.indices(GRID.shape).reshape(3, -1).T)
MIDDLE = GRID.to_world([[30, 32, 20]])[0]
AXES = Rotation.from_euler("zyx", (33, 12, -50), degrees=True).as_matrix()
LENGTHS = np.array([18.0, 12.0, 7.0])
ELLIPSOID = (((WORLD - MIDDLE) @ AXES.T / LENGTHS) ** 2).sum(axis=1).reshape(GRID.shape) <= 1


def test_centroid_of_an_ellipsoid_is_its_middle():
    np.testing.assert_allclose(centroid(ELLIPSOID, GRID), MIDDLE, atol=0.05)
    assert np.isnan(centroid(np.zeros(GRID.shape), GRID)).all()


def test_principal_axes_of_an_ellipsoid():
    axes, spread = principal_axes(ELLIPSOID, GRID)
    # second moment of a solid ellipsoid: half axis squared / 5
    np.testing.assert_allclose(spread, LENGTHS / np.sqrt(5), rtol=0.01)
    np.testing.assert_allclose(np.abs((axes * AXES).sum(axis=1)), 1, atol=1e-3)
    with pytest.raises(ValueError, match="empty"):
        principal_axes(np.zeros(GRID.shape), GRID)


def test_extreme_is_the_pole_along_a_direction():
    pole = extreme(ELLIPSOID, GRID, AXES[0])
    # the cap of 1 % of the volume: mean height just under the tip, on the long axis
    along = (pole - MIDDLE) @ AXES[0]
    assert 0.87 * 18 < along < 18
    assert np.linalg.norm(pole - MIDDLE - along * AXES[0]) < 0.5
    other = extreme(ELLIPSOID, GRID, -AXES[0])
    np.testing.assert_allclose((pole + other) / 2, MIDDLE, atol=0.5)
    assert np.isnan(extreme(np.zeros(GRID.shape), GRID, (0, 0, 1))).all()


def test_extreme_of_a_flat_top_is_its_middle():
    mask = np.zeros((21, 21, 21), bool)
    mask[5:16, 3:10, 2:12] = True
    np.testing.assert_allclose(extreme(mask, Grid.regular(mask.shape, 2.0), (0, 0, 1)), [20, 12, 22])


@given(
    seed=st.integers(0, 10**6),
    turn=st.tuples(*[st.floats(-180, 180)] * 3),
    shift=st.tuples(*[st.floats(-100, 100)] * 3),
)
@settings(max_examples=40, deadline=None)
def test_rigid_align_finds_the_motion(seed, turn, shift):
    a = np.random.default_rng(seed).normal(size=(6, 3)) * 20
    rotation = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()
    b = a @ rotation.T + shift
    b[2] = np.nan
    motion = rigid_align(a, b)
    np.testing.assert_allclose(motion[:3, :3], rotation, atol=1e-8)
    np.testing.assert_allclose(motion[:3, 3], shift, atol=1e-6)


def test_rigid_align_never_mirrors_and_is_scipys_rotation():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(8, 3)), rng.normal(size=(8, 3))
    motion = rigid_align(a, b)
    want, _ = Rotation.align_vectors(b - b.mean(axis=0), a - a.mean(axis=0))
    np.testing.assert_allclose(motion[:3, :3], want.as_matrix(), atol=1e-8)
    mirrored = a * [-1, 1, 1]
    assert np.linalg.det(rigid_align(a, mirrored)[:3, :3]) == pytest.approx(1)
    planar = rigid_align(np.array([[0.0, 0], [1, 0]]), np.array([[0.0, 0], [0, 1]]))
    np.testing.assert_allclose(planar[:2, :2], [[0, -1], [1, 0]], atol=1e-12)
    with pytest.raises(ValueError, match="no pair"):
        rigid_align(np.full((2, 3), np.nan), a[:2])


def test_heatmap_is_a_gaussian_in_elements():
    got = heatmap(np.array([[2.0, 3.5], [np.nan, 1.0]]), (5, 8), (1.0, 2.0))
    i, j = np.indices((5, 8))
    np.testing.assert_allclose(got[0], np.exp(-((i - 2) ** 2) / 2 - (j - 3.5) ** 2 / 8), rtol=1e-5)
    assert got.dtype == np.float32
    assert not got[1].any()
