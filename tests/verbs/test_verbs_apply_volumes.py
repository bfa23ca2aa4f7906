"""apply on other formats of volumes, and with the transforms of other programs."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from hounsfield.formats import metaimage, nifti, nrrd
from hounsfield.formats.itk_transforms import write_affine
from hounsfield.ops.fields import warp
from hounsfield.tasks.registration import TASK
from hounsfield.values import Case, Findings, Grid, Image, Refused, Transform
from hounsfield.verbs.apply import apply

MOVING = Grid.regular((8, 9, 10), (2, 2, 3), (-5, 4, 3))
FIXED = Grid.regular((6, 7, 8), (3, 2, 3), (-6, 3, 5))
ARRAY = np.random.default_rng(0).normal(size=MOVING.shape).astype(np.float32)


@pytest.mark.parametrize(("name", "kind"), [("a.nrrd", nrrd), ("a.mha", metaimage), ("a.mhd", metaimage)])
def test_volumes_are_carried_in_their_own_format(tmp_path, name, kind):
    shift = np.eye(4)
    shift[:3, 3] = (1.5, -2, 0.5)
    TASK.write(Findings(Transform(FIXED, MOVING, shift)), tmp_path / "t", Case("t", {}))
    kind.write_image(tmp_path / name, Image.of(ARRAY, MOVING))
    (tmp_path / "l").mkdir()
    kind.write_labels(tmp_path / "l" / name, (ARRAY > 0).astype(np.uint8), MOVING)
    assert apply(tmp_path / "t.json", tmp_path / name, out=tmp_path / "o").done == {str(tmp_path / name): "linear"}
    carried = kind.read_image(tmp_path / "o" / name)
    assert carried.grid.close_to(FIXED, 1e-9)
    expected = warp(ARRAY[None], MOVING, FIXED, shift, None, fill=float(ARRAY.min()))
    np.testing.assert_allclose(carried.array(), expected, atol=1e-6)
    assert list(apply(tmp_path / "t.json", tmp_path / "l" / name, out=tmp_path / "lo").done.values()) == ["nearest"]
    assert kind.read_labels(tmp_path / "lo" / name)[0].dtype == np.uint8


def test_a_pair_of_files_is_carried_into_no_pair(tmp_path):
    nib.save(nib.Nifti1Pair(ARRAY, MOVING.affine), tmp_path / "a.img")
    with pytest.raises(Refused, match=r"can not be written as \.hdr"):
        apply(Transform(FIXED, MOVING, np.eye(4)), tmp_path / "a.hdr", out=tmp_path / "o")


def test_a_displacement_field_of_simpleitk_pulls_images_as_it_does(tmp_path):
    nifti.write_image(tmp_path / "moving.nii.gz", Image.of(ARRAY, MOVING))
    reference = sitk.Image(list(FIXED.shape), sitk.sitkUInt8)
    reference.SetSpacing(FIXED.spacing)
    reference.SetOrigin((FIXED.affine[:3, 3] * [-1, -1, 1]).tolist())
    reference.SetDirection((-1, 0, 0, 0, -1, 0, 0, 0, 1))
    vectors = np.random.default_rng(1).normal(0, 1.5, (*FIXED.shape[::-1], 3))
    field = sitk.GetImageFromArray(vectors, isVector=True)
    field.CopyInformation(reference)
    sitk.WriteImage(field, str(tmp_path / "warp.mha"))
    apply(tmp_path / "warp.mha", tmp_path / "moving.nii.gz", out=tmp_path / "o")
    found = nifti.read_image(tmp_path / "o" / "moving.nii.gz")
    assert found.grid.close_to(FIXED, 1e-6)
    moving = sitk.ReadImage(str(tmp_path / "moving.nii.gz"))
    low = float(ARRAY.min())
    theirs = sitk.Resample(moving, reference, sitk.DisplacementFieldTransform(field), sitk.sitkLinear, low)
    np.testing.assert_allclose(found.array()[0], sitk.GetArrayFromImage(theirs).transpose(2, 1, 0), atol=1e-3)


def test_an_affine_without_a_grid_says_what_is_missing(tmp_path):
    write_affine(tmp_path / "t.tfm", np.eye(4))
    nifti.write_image(tmp_path / "a.nii.gz", Image.of(ARRAY, MOVING))
    with pytest.raises(Refused, match="which grid"):
        apply(tmp_path / "t.tfm", tmp_path / "a.nii.gz", out=tmp_path / "o")
