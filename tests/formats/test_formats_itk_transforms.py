"""Transforms of ITK and ANTs: SimpleITK moves the points of the fixed world to where a Transform does."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from scipy.spatial.transform import Rotation
from volume_cases import FLIP, OBLIQUE, affine_of

from hounsfield.answers.transform_files import read_transform, write_transform
from hounsfield.formats.itk_transforms import read_affine, read_field, write_affine, write_field
from hounsfield.formats.nifti import read_image
from hounsfield.ops.fields import transform_points, warp
from hounsfield.values import Grid, Refused, Transform

GRID = Grid((9, 8, 7), affine_of(OBLIQUE.affine[:3, :3] / OBLIQUE.spacing, (2.0, 3.5, 5.0), (120, -80, 40)))
AFFINE = np.eye(4)
AFFINE[:3, :3] = Rotation.from_euler("xyz", [6, -4, 8], degrees=True).as_matrix() @ np.diag([1.08, 0.95, 1.03])
AFFINE[:3, 3] = (4.0, -7.0, 12.0)
BENDING = np.random.default_rng(0).normal(0, 4, (3, *GRID.shape)).astype(np.float32)
SUFFIXES = [".nii", ".nii.gz", ".mha", ".mhd", ".nrrd"]


def inside(grid, count=200):
    index = np.random.default_rng(1).uniform(0, 1, (count, 3)) * (np.array(grid.shape) - 1)
    return grid.to_world(index)


def itk_moved(transform, points):
    """Where a transform of SimpleITK's moves points (N, 3), in RAS."""
    return FLIP * [transform.TransformPoint((FLIP * point).tolist()) for point in points]


@pytest.mark.parametrize("bending", [None, BENDING], ids=["affine", "bent"])
@pytest.mark.parametrize("suffix", SUFFIXES)
def test_simpleitk_follows_a_field_to_the_hundred_thousandth_of_a_millimetre(tmp_path, suffix, bending):
    ours = Transform(GRID, GRID, AFFINE, bending)
    write_field(tmp_path / f"t{suffix}", ours)
    field = sitk.DisplacementFieldTransform(sitk.ReadImage(str(tmp_path / f"t{suffix}"), sitk.sitkVectorFloat64))
    points = inside(GRID)
    expected = transform_points(points, AFFINE, None, GRID)
    if bending is not None:  # linear between the centres, written out by hand
        expected = np.array([linear(point) for point in points]) @ AFFINE[:3, :3].T + AFFINE[:3, 3]
    np.testing.assert_allclose(itk_moved(field, points), expected, rtol=0, atol=1e-5)
    read = read_field(tmp_path / f"t{suffix}")
    assert read.fixed_grid.close_to(GRID, 1e-9)
    found = transform_points(points, read.affine, read.displacement, read.fixed_grid)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)  # a Transform keeps single precision


def linear(point):
    """A world point with its displacement, by the eight voxels around it."""
    index = GRID.to_index(point)[0]
    low = np.minimum(np.floor(index).astype(int), np.array(GRID.shape) - 2)
    part = index - low
    moved = point.copy()
    for corner in np.ndindex(2, 2, 2):
        weight = np.prod(np.where(corner, part, 1 - part))
        moved = moved + weight * BENDING[(slice(None), *(low + corner))].astype(np.float64)
    return moved


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_field_of_simpleitk_moves_points_as_it_does(tmp_path, suffix):
    vectors = sitk.GetImageFromArray(np.random.default_rng(2).normal(0, 5, (6, 7, 8, 3)), isVector=True)
    vectors.SetSpacing((1.5, 2.0, 4.0))
    vectors.SetOrigin((10.0, -60.0, 30.0))
    vectors.SetDirection(Rotation.from_euler("z", 30, degrees=True).as_matrix().ravel().tolist())
    sitk.WriteImage(vectors, str(tmp_path / f"t{suffix}"))
    read = read_transform(tmp_path / f"t{suffix}")
    points = inside(read.fixed_grid)
    expected = itk_moved(sitk.DisplacementFieldTransform(vectors), points)
    found = transform_points(points, read.affine, read.displacement, read.fixed_grid)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_displacements_that_nifti_calls_its_own_are_ras(tmp_path):
    vectors = np.random.default_rng(3).normal(0, 5, (4, 5, 6, 1, 3)).astype(np.float32)
    image = nib.Nifti1Image(vectors, np.diag([2.0, 2, 2, 1]))
    image.header.set_intent("displacement vector")
    nib.save(image, tmp_path / "t.nii.gz")
    read = read_field(tmp_path / "t.nii.gz")
    assert np.array_equal(read.displacement, np.moveaxis(vectors[:, :, :, 0], -1, 0))


@pytest.mark.parametrize("name", ["t.txt", "t.tfm"])
def test_simpleitk_reads_an_affine_that_is_written(tmp_path, name):
    write_affine(tmp_path / name, AFFINE)
    points = inside(GRID)
    theirs = itk_moved(sitk.ReadTransform(str(tmp_path / name)), points)
    np.testing.assert_allclose(theirs, points @ AFFINE[:3, :3].T + AFFINE[:3, 3], rtol=0, atol=1e-9)
    np.testing.assert_allclose(read_affine(tmp_path / name), AFFINE, rtol=0, atol=1e-12)


def test_an_affine_of_simpleitk_turns_around_its_centre(tmp_path):
    affine = sitk.AffineTransform(3)
    affine.SetMatrix(AFFINE[:3, :3].ravel().tolist())
    affine.SetTranslation((3.0, -5.0, 7.0))
    affine.SetCenter((50.0, -20.0, 90.0))
    shift = sitk.TranslationTransform(3, (1.5, -2.5, 3.5))
    points = inside(GRID)
    for transform in (affine, shift):
        sitk.WriteTransform(transform, str(tmp_path / "t.tfm"))
        found = read_affine(tmp_path / "t.tfm")
        moved = points @ found[:3, :3].T + found[:3, 3]
        np.testing.assert_allclose(moved, itk_moved(transform, points), rtol=0, atol=1e-9)


HEAD = "#Insight Transform File V1.0\n#Transform 0\n"
TWELVE = "Parameters: 1 0 0 0 1 0 0 0 1 0 0 0\nFixedParameters: 0 0 0\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Transform: AffineTransform_double_3_3\n" + TWELVE, "first line"),
        (HEAD + "Transform: Euler3DTransform_double_3_3\n" + TWELVE, "Euler3DTransform"),
        (HEAD + "Transform: AffineTransform_double_2_2\n" + TWELVE, "no transform of volumes"),
        (HEAD + ("Transform: AffineTransform_double_3_3\n" + TWELVE) * 2, "several"),
        (HEAD, "several transforms, or none"),
        (HEAD + "Transform: AffineTransform_double_3_3\nParameters: 1 2 3\n", "12 numbers"),
        (HEAD + "Transform: AffineTransform_double_3_3\n" + TWELVE.replace("1", "0"), "inverted"),
        (HEAD + "Transform: AffineTransform_double_3_3\n" + TWELVE.replace("1", "nan"), "inverted"),
    ],
)
def test_other_texts_are_refused(tmp_path, text, message):
    (tmp_path / "t.txt").write_text(text)
    with pytest.raises(Refused, match=message):
        read_affine(tmp_path / "t.txt")


def test_what_is_no_transform_is_refused(tmp_path):
    write_affine(tmp_path / "t.txt", AFFINE)
    with pytest.raises(Refused, match="which grid"):
        read_transform(tmp_path / "t.txt")
    nib.save(nib.Nifti1Image(np.zeros((4, 5, 6), np.float32), np.eye(4)), tmp_path / "scan.nii")
    with pytest.raises(Refused, match="1 numbers a voxel"):
        read_transform(tmp_path / "scan.nii")
    write_transform(Transform(GRID, GRID, AFFINE, BENDING), tmp_path / "own")
    with pytest.raises(Refused, match=r"Name own\.json"):
        read_transform(tmp_path / "own.nii.gz")
    assert read_transform(tmp_path / "own.json") == Transform(GRID, GRID, AFFINE, BENDING)
    flat = Grid.picture((4, 4))
    with pytest.raises(Refused, match="no place"):
        write_field(tmp_path / "t.mha", Transform(flat, flat, np.eye(3)))
    with pytest.raises(Refused, match="by its name"):
        read_field(tmp_path / "t.txt")
    with pytest.raises(Refused, match=r"\.txt"):
        write_affine(tmp_path / "t.json", AFFINE)


@pytest.mark.data
def test_a_real_field_says_where_it_is_not_known(data_root):
    path = data_root / "nifti_samples/warp_field_5d.nii.gz"
    vectors = nib.load(path).get_fdata()[:, :, :, 0]
    unknown = vectors > 1e30
    assert unknown.any()
    read = read_field(path)
    found = np.moveaxis(read.displacement, 0, -1)
    assert np.allclose(np.where(unknown, 0, vectors) * [-1, -1, 1], np.where(unknown, 0, found), atol=1e-5)
    assert np.all(np.abs(found[unknown]) == 1e6)


@pytest.mark.data
def test_two_dates_of_one_brain_meet_by_their_transforms(data_root):
    """README: inside the brain mask the correlation rises from 0.16 to 0.94 with the given transforms."""
    folder = data_root / "multiple_sclerosis/longitudinal/patient01"
    mask = read_image(folder / "brainmask.nii.gz")
    inside_brain = mask.array()[0] > 0

    def correlation(affines):
        scans = [read_image(folder / f"study{n}_FLAIR.nii.gz") for n in (1, 2)]
        both = [warp(s.array(), s.grid, mask.grid, a, None)[0] for s, a in zip(scans, affines, strict=True)]
        return np.corrcoef(both[0][inside_brain], both[1][inside_brain])[0, 1]

    given = [read_affine(folder / f"study{n}_FLAIR_to_common_space.txt") for n in (1, 2)]
    assert correlation(given) == pytest.approx(0.94, abs=0.01)
    assert correlation([np.eye(4), np.eye(4)]) == pytest.approx(0.16, abs=0.02)
