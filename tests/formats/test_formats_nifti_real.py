"""Every NIfTI file of the real data sets: what must come out, by nibabel, SimpleITK and the data's READMEs."""

import nibabel as nib
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from volume_cases import corners, itk_world

from hounsfield.formats import nifti

FOLDERS = (
    "brain_landmarks",
    "cardiac_cine",
    "ct",
    "multiple_sclerosis",
    "nifti_samples",
    "spine_discs",
    "vertebra_centroids",
)

# name: (channels and grid), spacing in mm, axes, the middle voxel of the first channel, the sum of all that is finite;
# numbers by nibabel 5.4.2
GOLDEN = {
    "brain_landmarks/template/tpl-MNI152NLin2009cAsym_res-02_T1w.nii.gz": (
        (1, 97, 115, 97),
        (2.0, 2.0, 2.0),
        "RAS",
        4958,
        3.1845485e09,
    ),
    "cardiac_cine/nifti/SCD0000101_ED.nii.gz": ((1, 128, 128, 12), (1.36719, 1.36719, 9.99997), "IRP", 307, 21232143),
    "cardiac_cine/nifti/SCD0000101_ED_label.nii.gz": ((1, 128, 128, 12), (1.36719, 1.36719, 9.99997), "IRP", 1, 23040),
    "cardiac_cine/nifti/SCD0000101_ES.nii.gz": ((1, 128, 128, 12), (1.36719, 1.36719, 9.99997), "IRP", 181, 20821772),
    "cardiac_cine/nifti/SCD0000101_ES_label.nii.gz": ((1, 128, 128, 12), (1.36719, 1.36719, 9.99997), "IRP", 1, 8068),
    "cardiac_cine/nifti/SCD0000201_ED.nii.gz": ((1, 128, 128, 13), (1.36719, 1.36719, 9.99992), "LIP", 210, 25844391),
    "cardiac_cine/nifti/SCD0000201_ED_label.nii.gz": ((1, 128, 128, 13), (1.36719, 1.36719, 9.99992), "LIP", 1, 28401),
    "cardiac_cine/nifti/SCD0000201_ES.nii.gz": ((1, 128, 128, 13), (1.36719, 1.36719, 9.99992), "LIP", 205, 25760583),
    "cardiac_cine/nifti/SCD0000201_ES_label.nii.gz": ((1, 128, 128, 13), (1.36719, 1.36719, 9.99992), "LIP", 1, 10203),
    "cardiac_cine/nifti/SCD0000301_ED.nii.gz": ((1, 128, 128, 10), (1.2891, 1.2891, 8.00003), "LIP", 210, 16390029),
    "cardiac_cine/nifti/SCD0000301_ED_label.nii.gz": ((1, 128, 128, 10), (1.2891, 1.2891, 8.00003), "LIP", 1, 37398),
    "cardiac_cine/nifti/SCD0000301_ES.nii.gz": ((1, 128, 128, 10), (1.2891, 1.2891, 8.00003), "LIP", 179, 15403731),
    "cardiac_cine/nifti/SCD0000301_ES_label.nii.gz": ((1, 128, 128, 10), (1.2891, 1.2891, 8.00003), "LIP", 1, 14224),
    "cardiac_cine/nifti_faulty/SCD0000501_ED.nii.gz": ((1, 128, 128, 11), (1.3672, 1.3672, 8.0), "LIP", 399, 31680138),
    "cardiac_cine/nifti_faulty/SCD0000501_ED_label.nii.gz": ((1, 128, 128, 11), (1.3672, 1.3672, 8.0), "LIP", 1, 32937),
    "cardiac_cine/nifti_faulty/SCD0000501_ES.nii.gz": ((1, 128, 128, 11), (1.3672, 1.3672, 8.0), "LIP", 375, 30362135),
    "cardiac_cine/nifti_faulty/SCD0000501_ES_label.nii.gz": ((1, 128, 128, 11), (1.3672, 1.3672, 8.0), "LIP", 1, 11405),
    "ct/spleen_bids/derivatives/labels/sub-spleen2/ct/sub-spleen2_ct_seg-manual.nii.gz": (
        (1, 164, 166, 26),
        (0.79492, 0.79492, 5.0),
        "RAS",
        1,
        96672,
    ),
    "ct/spleen_bids/sub-spleen2/ct/sub-spleen2_ct.nii.gz": (
        (1, 164, 166, 26),
        (0.79492, 0.79492, 5.0),
        "RAS",
        93,
        -53646912,
    ),
    "ct/totalsegmentator/example_ct_sm.nii.gz": ((1, 122, 101, 30), (3.0, 3.0, 3.0), "RAS", 0, -1.3089487e08),
    "ct/totalsegmentator/example_mr_sm.nii.gz": ((1, 117, 91, 20), (3.0, 3.0, 3.0), "LPS", 303, 41238711),
    "ct/totalsegmentator/example_seg.nii.gz": ((1, 122, 101, 30), (3.0, 3.0, 3.0), "RAS", 0, 2734697),
    "ct/totalsegmentator/example_seg_dicom.nii.gz": ((1, 512, 512, 20), (0.97656, 0.97656, 2.0), "LAS", 0, 14229599),
    "ct/totalsegmentator/example_seg_fast.nii.gz": ((1, 122, 101, 30), (3.0, 3.0, 3.0), "RAS", 0, 2777948),
    "ct/totalsegmentator/example_seg_mr.nii.gz": ((1, 117, 91, 20), (3.0, 3.0, 3.0), "LPS", 0, 576795),
    "multiple_sclerosis/cross_sectional/MNI_1mm/patient07/T1.nii.gz": (
        (1, 182, 218, 182),
        (1.0, 1.0, 1.0),
        "LAS",
        101,
        3.1554889e08,
    ),
    "multiple_sclerosis/cross_sectional/MNI_1mm/patient07/lesion_mask.nii.gz": (
        (1, 182, 218, 182),
        (1.0, 1.0, 1.0),
        "LAS",
        0,
        1300,
    ),
    "multiple_sclerosis/cross_sectional/MNI_1mm/patient19/T1.nii.gz": (
        (1, 182, 218, 182),
        (1.0, 1.0, 1.0),
        "LAS",
        113,
        1.7301166e08,
    ),
    "multiple_sclerosis/cross_sectional/MNI_1mm/patient19/lesion_mask.nii.gz": (
        (1, 182, 218, 182),
        (1.0, 1.0, 1.0),
        "LAS",
        0,
        49769,
    ),
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient07/FLAIR.nii.gz": (
        (1, 91, 109, 91),
        (2.0, 2.0, 2.0),
        "LAS",
        53,
        12104324,
    ),
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient07/T1.nii.gz": (
        (1, 91, 109, 91),
        (2.0, 2.0, 2.0),
        "LAS",
        51,
        39441693,
    ),
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient07/T2.nii.gz": (
        (1, 91, 109, 91),
        (2.0, 2.0, 2.0),
        "LAS",
        731,
        47073151,
    ),
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient07/lesion_mask.nii.gz": (
        (1, 91, 109, 91),
        (2.0, 2.0, 2.0),
        "LAS",
        0,
        154,
    ),
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient19/FLAIR.nii.gz": (
        (1, 91, 109, 91),
        (2.0, 2.0, 2.0),
        "LAS",
        53,
        8103821,
    ),
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient19/T1.nii.gz": (
        (1, 91, 109, 91),
        (2.0, 2.0, 2.0),
        "LAS",
        95,
        21623995,
    ),
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient19/T2.nii.gz": (
        (1, 91, 109, 91),
        (2.0, 2.0, 2.0),
        "LAS",
        289,
        33508747,
    ),
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient19/lesion_mask.nii.gz": (
        (1, 91, 109, 91),
        (2.0, 2.0, 2.0),
        "LAS",
        0,
        6456,
    ),
    "multiple_sclerosis/longitudinal/patient01/brainmask.nii.gz": (
        (1, 325, 334, 53),
        (0.71875, 0.71875, 3.00001),
        "LPS",
        1,
        844248,
    ),
    "multiple_sclerosis/longitudinal/patient01/gt.nii.gz": (
        (1, 325, 334, 53),
        (0.71875, 0.71875, 3.00001),
        "LPS",
        0,
        2264,
    ),
    "multiple_sclerosis/longitudinal/patient01/study1_FLAIR.nii.gz": (
        (1, 320, 320, 36),
        (0.71875, 0.71875, 4.0),
        "LPS",
        241,
        2.1473432e08,
    ),
    "multiple_sclerosis/longitudinal/patient01/study2_FLAIR.nii.gz": (
        (1, 320, 320, 46),
        (0.71875, 0.71875, 3.00001),
        "LPS",
        245,
        2.934886e08,
    ),
    "nifti_samples/dmri_4d.nii.gz": ((7, 40, 42, 5), (0.84135, 0.84135, 17.5), "LAS", 485, 5816754),
    "nifti_samples/mt1.nii.gz": ((1, 40, 40, 5), (0.84375, 0.84375, 17.0), "LAS", 315, 1950247),
    "nifti_samples/mtr_with_inf.nii.gz": ((1, 40, 40, 5), (0.84375, 0.84375, 17.0), "LAS", 32.527531, 146844.94),
    "nifti_samples/rgb24.nii.gz": ((3, 10, 10, 4), (1.0, 1.00285, 1.00285), "RAS", 212, 3774),
    "nifti_samples/scaled_int16.nii.gz": ((1, 40, 40, 5), (0.84375, 0.84375, 17.0), "LAS", 330.00156, 1662114.8),
    "nifti_samples/t2s.nii.gz": ((1, 49, 54, 9), (0.5, 0.5, 7.5), "LAS", 360.00821, 7068263.4),
    "nifti_samples/t2s_gmseg_manual.nii.gz": ((1, 49, 54, 9), (0.5, 0.5, 7.5), "LAS", 0, 519),
    "nifti_samples/t2s_seg_int64.nii.gz": ((1, 49, 54, 9), (0.5, 0.5, 7.5), "LAS", 1, 2443),
    "nifti_samples/warp_field_5d.nii.gz": ((3, 40, 40, 5), (0.84375, 0.84375, 17.0), "LAS", -1.2314883, 2.8175378e41),
    "spine_discs/errsm_30/t1/t1w.nii.gz": ((1, 42, 76, 77), (1.0, 1.0, 1.0), "RAS", 581, 72918166),
    "spine_discs/errsm_30/t1/t1w_seg-manual.nii.gz": ((1, 42, 76, 77), (1.0, 1.0, 1.0), "RAS", 1, 5437),
    "spine_discs/errsm_30/t2/labels.nii.gz": ((1, 60, 55, 52), (1.0, 1.0, 1.0), "PSR", 0, 8),
    "spine_discs/errsm_30/t2/t2.nii.gz": ((1, 60, 55, 52), (1.0, 1.0, 1.0), "PSR", 382, 22473922),
    "spine_discs/errsm_30/t2/t2_centerline-manual.nii.gz": ((1, 60, 55, 52), (1.0, 1.0, 1.0), "PSR", 0, 55),
    "spine_discs/errsm_30/t2/t2_labeled_center_manual.nii.gz": ((1, 60, 55, 52), (1.0, 1.0, 1.0), "PSR", 0, 12),
    "spine_discs/errsm_30/t2/t2_seg-manual.nii.gz": ((1, 60, 55, 52), (1.0, 1.0, 1.0), "PSR", 1, 4275),
    "spine_discs/errsm_30/t2/t2_seg-manual_labeled.nii.gz": ((1, 60, 55, 52), (1.0, 1.0, 1.0), "PSR", 3, 12208),
    "spine_discs/template/PAM50_small_cord.nii.gz": ((1, 70, 70, 275), (1.0, 1.0, 2.0), "LAS", 1, 9520),
    "spine_discs/template/PAM50_small_label_disc.nii.gz": ((1, 70, 70, 275), (1.0, 1.0, 2.0), "LAS", 0, 189),
    "spine_discs/template/PAM50_small_label_discPosterior.nii.gz": ((1, 70, 70, 275), (1.0, 1.0, 2.0), "LAS", 0, 230),
    "spine_discs/template/PAM50_small_levels.nii.gz": ((1, 70, 70, 275), (1.0, 1.0, 2.0), "LAS", 12, 113817),
    "spine_discs/template/PAM50_small_rootlets.nii.gz": ((1, 70, 70, 275), (1.0, 1.0, 2.0), "LAS", 0, 2111),
    "spine_discs/template/PAM50_small_rootlets_midpoints.nii.gz": ((1, 70, 70, 275), (1.0, 1.0, 2.0), "LAS", 0, 35),
    "spine_discs/template/PAM50_small_t2.nii.gz": ((1, 70, 70, 275), (1.0, 1.0, 2.0), "LAS", 810, 5.5393031e08),
    "vertebra_centroids/sub-verse004_seg-vert_msk.nii.gz": ((1, 161, 338, 61), (1.0, 1.0, 2.0003), "PIR", 0, 4185567),
}

README_COUNTS = {
    "ct/spleen_bids/derivatives/labels/sub-spleen2/ct/sub-spleen2_ct_seg-manual.nii.gz": {1: 96672},
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient07/lesion_mask.nii.gz": {1: 154},
    "multiple_sclerosis/cross_sectional/MNI_2mm/patient19/lesion_mask.nii.gz": {1: 6456},
    "multiple_sclerosis/longitudinal/patient01/gt.nii.gz": {1: 2264},
    "nifti_samples/t2s_gmseg_manual.nii.gz": {1: 519},
    "nifti_samples/t2s_seg_int64.nii.gz": {1: 2443},
    "spine_discs/errsm_30/t1/t1w_seg-manual.nii.gz": {1: 5437},
    "spine_discs/errsm_30/t2/labels.nii.gz": {3: 1, 5: 1},
    "spine_discs/errsm_30/t2/t2_labeled_center_manual.nii.gz": {3: 1, 4: 1, 5: 1},
    "spine_discs/errsm_30/t2/t2_seg-manual.nii.gz": {1: 4275},
    "spine_discs/template/PAM50_small_label_disc.nii.gz": dict.fromkeys(range(2, 20), 1),
    "spine_discs/template/PAM50_small_label_discPosterior.nii.gz": dict.fromkeys(range(2, 22), 1),
}
README_LABELS = {
    "ct/totalsegmentator/example_seg.nii.gz": 41,
    "ct/totalsegmentator/example_seg_dicom.nii.gz": 31,
    "ct/totalsegmentator/example_seg_mr.nii.gz": 23,
    "spine_discs/errsm_30/t2/t2_seg-manual_labeled.nii.gz": 4,
    "spine_discs/template/PAM50_small_rootlets_midpoints.nii.gz": 7,
    "vertebra_centroids/sub-verse004_seg-vert_msk.nii.gz": 9,
}
README_CAVITY_ML = {
    "nifti/SCD0000101_ED": 202.2,
    "nifti/SCD0000101_ES": 150.8,
    "nifti/SCD0000201_ED": 254.2,
    "nifti/SCD0000201_ES": 190.7,
    "nifti/SCD0000301_ED": 240.3,
    "nifti/SCD0000301_ES": 189.1,
    "nifti_faulty/SCD0000501_ED": 227.8,
    "nifti_faulty/SCD0000501_ES": 170.5,
}

pytestmark = pytest.mark.data


def test_every_file_is_in_the_table(data_root):
    found = {str(p.relative_to(data_root)) for folder in FOLDERS for p in (data_root / folder).rglob("*.nii*")}
    assert found == set(GOLDEN)


@pytest.mark.parametrize("name", GOLDEN)
def test_shape_place_and_values_are_those_of_nibabel(data_root, name):
    shape, spacing, axes, middle, total = GOLDEN[name]
    image = nifti.read_image(data_root / name)
    assert image.source.shape == shape
    assert image.grid.spacing == pytest.approx(spacing, rel=1e-4)
    assert "".join(nib.aff2axcodes(image.grid.affine)) == axes
    assert np.array_equal(image.grid.affine, nib.load(data_root / name).affine)
    array = image.array(np.float64)
    assert array[(0, *[n // 2 for n in shape[1:]])] == pytest.approx(middle, rel=1e-5)
    assert array[np.isfinite(array)].sum() == pytest.approx(total, rel=1e-5)


@pytest.mark.parametrize("name", [name for name, (shape, *_) in GOLDEN.items() if shape[0] == 1])
def test_simpleitk_finds_the_corners_at_the_same_places(data_root, name):
    grid = nifti.read_grid(data_root / name)
    theirs = sitk.ReadImage(str(data_root / name))
    assert theirs.GetSize() == grid.shape
    np.testing.assert_allclose(itk_world(theirs, corners(grid.shape)), grid.to_world(corners(grid.shape)), atol=0.01)


@pytest.mark.parametrize("name", README_COUNTS)
def test_labels_have_as_many_voxels_as_the_readme_says(data_root, name):
    labels, _ = nifti.read_labels(data_root / name)
    values, counts = np.unique(labels[labels > 0], return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == README_COUNTS[name]


@pytest.mark.parametrize("name", README_LABELS)
def test_there_are_as_many_labels_as_the_readme_says(data_root, name):
    labels, _ = nifti.read_labels(data_root / name)
    assert len(np.unique(labels[labels > 0])) == README_LABELS[name]


@pytest.mark.parametrize("name", README_CAVITY_ML)
def test_cavities_have_the_volume_that_the_readme_says(data_root, name):
    labels, grid = nifti.read_labels(data_root / f"cardiac_cine/{name}_label.nii.gz")
    assert (labels == 1).sum() * grid.voxel_volume / 1000 == pytest.approx(README_CAVITY_ML[name], abs=0.06)
