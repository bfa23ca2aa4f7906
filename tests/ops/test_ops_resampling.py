"""Resampling against SimpleITK (LPS), and canonical axes against the world."""

from itertools import permutations, product

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from hounsfield.ops.resampling import canonical, canonical_grid, regrid, resample, resample_labels, uncanonical
from hounsfield.values import Grid
from orientations import WAYS, stored

LPS = np.diag([-1.0, -1.0, 1.0])


def to_itk(array: np.ndarray, grid: Grid) -> sitk.Image:
    """An ITK image of (i, j, k) on a RAS grid."""
    image = sitk.GetImageFromArray(array.transpose())
    spacing = np.asarray(grid.spacing)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((LPS @ (grid.affine[:3, :3] / spacing)).ravel().tolist())
    image.SetOrigin((LPS @ grid.affine[:3, 3]).tolist())
    return image


def itk_resample(array: np.ndarray, source: Grid, target: Grid, interpolator: int, fill: float) -> np.ndarray:
    reference = to_itk(np.zeros(target.shape, np.float32), target)
    out = sitk.Resample(to_itk(array, source), reference, sitk.Transform(), interpolator, fill)
    return sitk.GetArrayFromImage(out).transpose()


def a_grid(shape, spacing, angles=(0, 0, 0), origin=(0, 0, 0)) -> Grid:
    affine = np.eye(4)
    affine[:3, :3] = Rotation.from_euler("xyz", angles, degrees=True).as_matrix() * np.asarray(spacing)
    affine[:3, 3] = origin
    return Grid(shape, affine)


SOURCE = a_grid((14, 11, 9), (1.1, 0.9, 2.3), (0, 0, 0), (-3, 5, 7))
TARGETS = {
    "parallel": a_grid((20, 13, 15), (0.73, 0.81, 1.37), (0, 0, 0), (-1.7, 3.9, 5.3)),
    "coarser": a_grid((7, 5, 4), (2.6, 2.2, 4.7), (0, 0, 0), (-4.1, 4.2, 6.3)),
    "flipped": a_grid((15, 12, 10), (0.93, 0.97, 1.7), (0, 180, 0), (11.3, 4.7, 24.9)),
    "oblique": a_grid((16, 14, 12), (0.9, 0.8, 1.4), (17, -24, 31), (-2.3, 3.1, 6.7)),
}


@pytest.mark.parametrize("name", TARGETS)
def test_linear_equals_itk_inside_and_outside(name):
    rng = np.random.default_rng(0)
    array = rng.normal(size=(2, *SOURCE.shape)).astype(np.float32)
    got = resample(array, SOURCE, TARGETS[name], fill=-9.0)
    want = np.stack([itk_resample(c, SOURCE, TARGETS[name], sitk.sitkLinear, -9.0) for c in array])
    assert (want == -9).any()
    np.testing.assert_allclose(got, want, atol=2e-5)


@pytest.mark.parametrize("name", TARGETS)
def test_cubic_equals_itk_between_the_centres(name):
    array = np.random.default_rng(1).normal(size=(1, *SOURCE.shape)).astype(np.float64)
    target = TARGETS[name]
    got = resample(array, SOURCE, target, order=3, fill=0.0)[0]
    want = itk_resample(array[0], SOURCE, target, sitk.sitkBSpline, 0.0)
    index = SOURCE.to_index(target.to_world(np.indices(target.shape).reshape(3, -1).T))
    # in the half element beyond the outermost centres ITK extrapolates and we hold the edge
    between = np.all((index >= 0) & (index <= np.array(SOURCE.shape) - 1), axis=1).reshape(target.shape)
    assert between.sum() > 50
    np.testing.assert_allclose(got[between], want[between], atol=1e-5)


@pytest.mark.parametrize("name", TARGETS)
def test_labels_equal_itk_nearest(name):
    labels = np.random.default_rng(2).integers(0, 5, SOURCE.shape).astype(np.uint8)
    got = resample_labels(labels, SOURCE, TARGETS[name], fill=7)
    want = itk_resample(labels, SOURCE, TARGETS[name], sitk.sitkNearestNeighbor, 7)
    assert got.dtype == np.uint8
    np.testing.assert_array_equal(got, want)


def test_fast_path_and_general_path_agree():
    array = np.random.default_rng(3).normal(size=(1, *SOURCE.shape))
    target = TARGETS["parallel"]
    tilted = target.affine.copy()
    tilted[0, 1] += 1e-3  # just oblique enough for the general path, too little for the values
    for order, fill in product((1, 3), (0.0, "nearest")):
        straight = resample(array, SOURCE, target, order=order, fill=fill)
        oblique = resample(array, SOURCE, Grid(target.shape, tilted), order=order, fill=fill)
        changed = np.abs(straight - oblique) > 0.1
        assert changed.mean() < 0.01  # an element at the very edge may fall out


def test_nearest_fill_goes_on_beyond_the_edge():
    array = np.arange(4.0, dtype=np.float32).reshape(1, 4, 1)
    wide = Grid.regular((10, 1), 1.0, (-3, 0))
    source = Grid.regular((4, 1))
    np.testing.assert_allclose(resample(array, source, wide, fill="nearest")[0, :, 0], [0, 0, 0, 0, 1, 2, 3, 3, 3, 3])
    np.testing.assert_allclose(resample(array, source, wide)[0, :, 0], [0, 0, 0, 0, 1, 2, 3, 0, 0, 0])


def test_own_grid_gives_the_same_values_to_the_bit():
    grid = TARGETS["oblique"]
    array = np.random.default_rng(4).normal(size=(1, *grid.shape))
    np.testing.assert_array_equal(resample(array, grid, grid), array)


def test_pictures_are_resampled_too():
    picture = Grid.picture((6, 8))
    array = np.random.default_rng(5).integers(0, 255, (3, 6, 8)).astype(np.uint8)
    half = regrid(picture, 2.0)
    assert half.shape == (3, 4)
    # the middle of four pixels is their mean
    want = array.reshape(3, 3, 2, 4, 2).mean(axis=(2, 4))
    np.testing.assert_allclose(resample(array, picture, half), want, atol=1e-4)


def test_grids_of_different_worlds_are_an_error():
    with pytest.raises(ValueError, match="same world"):
        resample(np.zeros((1, 4, 4)), Grid.picture((4, 4)), Grid.regular((4, 4, 4)))
    with pytest.raises(ValueError, match="does not lie on"):
        resample(np.zeros((1, 5, 4)), Grid.picture((4, 4)), Grid.picture((4, 4)))


@pytest.mark.parametrize(("order", "flips"), list(product(permutations(range(3)), product((1, -1), repeat=3))))
def test_all_48_orientations_become_canonical_and_come_back(order, flips):
    directions = np.zeros((3, 3))
    for array_axis, world_axis in enumerate(order):
        directions[world_axis, array_axis] = flips[array_axis]
    tilt = Rotation.from_euler("xyz", (9, -7, 5), degrees=True).as_matrix()
    affine = np.eye(4)
    affine[:3, :3] = tilt @ directions * [0.7, 1.3, 2.1]
    affine[:3, 3] = [4, -5, 6]
    grid = Grid((3, 4, 5), affine)
    array = np.arange(120).reshape(2, 3, 4, 5)[:, :3]
    turned, on = canonical(array, grid)
    cosines = on.affine[:3, :3] / on.spacing
    assert np.all(np.diag(cosines) > 0.9)
    theirs = nibabel.as_closest_canonical(nibabel.Nifti1Image(array[0].astype(np.int32), affine))
    np.testing.assert_array_equal(np.asarray(theirs.dataobj), turned[0])
    np.testing.assert_allclose(theirs.affine, on.affine, atol=1e-9)
    # every value is where it was in the world
    for i in np.ndindex(grid.shape):
        j = np.rint(on.to_index(grid.to_world([i]))[0]).astype(int)
        assert np.array_equal(turned[(slice(None), *j)], array[(slice(None), *i)])
    back = uncanonical(turned, on, grid)
    assert np.array_equal(back, array)
    assert back.dtype == array.dtype


@pytest.mark.parametrize("turn", [(45, 0, 0), (0, 45, 0), (0, 0, -45), (135, 0, 45), (45, 45, 0), "diagonal"])
def test_axes_halfway_between_the_worlds_are_ordered_alike_however_they_are_stored(turn):
    """A network must not see a volume turned because a program exchanged the axes of its array."""
    by_sixty = Rotation.from_rotvec(np.full(3, np.deg2rad(60) / np.sqrt(3)))  # as far from x as from y and z
    turned = by_sixty if turn == "diagonal" else Rotation.from_euler("xyz", turn, degrees=True)
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turned.as_matrix() * [0.7, 1.3, 2.1], [4, -5, 6]
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    seen = []
    for way in WAYS:
        image = stored(array, affine, way)
        seen.append(canonical(np.asarray(image.dataobj), Grid(image.shape, np.float64(np.float32(image.affine)))))
    for values, grid in seen:
        np.testing.assert_array_equal(values, seen[0][0])
        np.testing.assert_allclose(grid.affine, seen[0][1].affine, atol=1e-5)


def test_a_picture_is_canonical_already():
    grid = Grid.picture((3, 5))
    array = np.arange(15).reshape(3, 5)
    turned, on = canonical(array, grid)
    assert on == grid
    assert np.array_equal(turned, array)


def test_uncanonical_refuses_a_foreign_grid():
    grid = a_grid((3, 4, 5), (1, 1, 1), (90, 0, 0))
    with pytest.raises(ValueError, match="canonical"):
        uncanonical(np.zeros((3, 4, 5)), a_grid((3, 4, 5), (1, 1, 2)), grid)


@given(
    shape=st.tuples(*[st.integers(1, 40)] * 3),
    spacing=st.tuples(*[st.floats(0.3, 5)] * 3),
    new=st.tuples(*[st.floats(0.3, 5)] * 3),
    angles=st.tuples(*[st.floats(-180, 180)] * 3),
)
@settings(max_examples=60, deadline=None)
def test_regrid_keeps_the_field_of_view(shape, spacing, new, angles):
    grid = a_grid(shape, spacing, angles, (3, 1, -8))
    other = regrid(grid, new)
    np.testing.assert_allclose(other.spacing, new)
    middles = [g.to_world((np.array(g.shape) - 1) / 2) for g in (grid, other)]
    np.testing.assert_allclose(*middles, atol=1e-9)
    for before, after, step, n in zip(grid.extent, other.extent, new, other.shape, strict=True):
        assert abs(after - before) <= step / 2 + 1e-4 or n == 1


def test_regrid_to_the_same_spacing_is_the_same_grid():
    grid = TARGETS["oblique"]
    assert regrid(grid, grid.spacing).close_to(grid)
    assert canonical_grid(regrid(SOURCE, 1.0)).spacing == (1.0, 1.0, 1.0)


def test_a_linear_ramp_survives_any_way_between_grids():
    ramp = SOURCE.to_world(np.indices(SOURCE.shape).reshape(3, -1).T) @ [1.0, -2.0, 0.5]
    target = a_grid((4, 3, 4), (1.2, 0.7, 1.6), (40, 10, -20), (2.4, 9.6, 13.2))
    assert np.all(SOURCE.contains(target.to_world(np.indices(target.shape).reshape(3, -1).T)))
    want = target.to_world(np.indices(target.shape).reshape(3, -1).T) @ [1.0, -2.0, 0.5]
    got = resample(ramp.reshape(1, *SOURCE.shape), SOURCE, target)
    np.testing.assert_allclose(got.ravel(), want, atol=1e-4)
