"""Whose the cases are, as their names tell: moments, sides and slices of one patient, and names that only look so."""

from collections import Counter

import pytest
from made_folders import mask, opened, png, text, volume

TOLD = {  # names that belong together -> whose they are
    "p01": ("p01_ED", "p01_ES"),
    "patient001": ("patient001_frame01", "patient001_frame12"),
    "s3": ("s3-visit1", "s3-visit2"),
    "Image_07": ("Image_07L", "Image_07R"),
    "lung 4": ("lung 4 inspiration", "lung 4 expiration"),
    "m_12": ("m_12_L_CC", "m_12_R_MLO"),
    "vol_5": ("vol_5_slice_0", "vol_5_slice_1"),
}

APART = (
    ("case_001", "case_002"),  # a number is no moment
    ("BRATS_001", "BRATS_002"),
    ("ISIC_0012970", "ISIC_0012127"),
    ("cells_left", "cells_right"),  # no number says which person
    ("slice_1", "slice_2"),
    ("2019_001", "2019_002"),
    ("a1_benign", "a1_malignant"),
    ("scan7L", "scan8R"),  # not two sides of one number
)


@pytest.mark.parametrize("patient", TOLD)
def test_moments_sides_and_slices_are_of_one_patient_and_that_is_said(patient, tmp_path):
    for name in (*TOLD[patient], "other_99"):
        png(tmp_path / f"{name}.png")
    dataset = opened(tmp_path)
    assert {case.id: case.patient for case in dataset} == {
        **dict.fromkeys(TOLD[patient], patient),
        "other_99": "other_99",
    }
    (note,) = dataset.notes
    assert "patients are told from the names of the cases" in note
    assert f"are of '{patient}'" in note


@pytest.mark.parametrize("names", APART)
def test_names_that_only_look_alike_are_of_two_patients(names, tmp_path):
    for name in names:
        png(tmp_path / f"{name}.png")
    dataset = opened(tmp_path)
    assert all(case.patient == case.id for case in dataset)
    assert not dataset.notes


@pytest.mark.parametrize("layout", ["suffix_masks", "image_mask", "decathlon", "image_table", "class_folders"])
def test_every_layout_that_says_no_patient_is_read_so(layout, tmp_path):
    for name in ("p1_ED", "p1_ES", "p2_ED", "p2_ES"):
        if layout == "suffix_masks":
            png(tmp_path / f"{name}.png")
            mask(tmp_path / f"{name}_mask.png", (0, 0))
        elif layout == "image_mask":
            png(tmp_path / "images" / f"{name}.png")
            mask(tmp_path / "masks" / f"{name}.png", (0, 0))
        elif layout == "decathlon":
            volume(tmp_path / "imagesTr" / f"{name}.nii.gz")
            volume(tmp_path / "labelsTr" / f"{name}.nii.gz")
        else:
            png(tmp_path / ("ill" if name[1] == "1" else "well") / f"{name}.png")
    if layout == "image_table":
        text(tmp_path / "t.csv", "image,ill", "p1_ED,1", "p1_ES,1", "p2_ED,0", "p2_ES,0")
    dataset = opened(tmp_path)
    assert dataset.layout == layout
    assert sorted(Counter(case.patient for case in dataset).values()) == [2, 2]


def test_a_patient_that_the_folder_tells_goes_before_names(tmp_path):
    for name in ("p1_ED", "p1_ES", "p2_ED"):
        png(tmp_path / f"{name}.png")
    text(tmp_path / "t.csv", "image,ill,patient", "p1_ED,1,A", "p1_ES,0,B", "p2_ED,0,C")
    dataset = opened(tmp_path)
    assert {case.id: case.patient for case in dataset} == {"p1_ED": "A", "p1_ES": "B", "p2_ED": "C"}
    assert not dataset.notes


def test_equal_names_in_two_folders_are_two_patients_whichever_of_their_files_are_alike(tmp_path):
    for name in ("a/p1_ED", "a/p1_ES", "b/p1_ED"):
        png(tmp_path / f"{name}.png")
        mask(tmp_path / f"{name}_mask.png", (0, 0))
    dataset = opened(tmp_path)
    assert {case.id: case.patient for case in dataset} == {
        "a_p1_ED.png": "a_p1",
        "p1_ES": "a_p1",
        "b_p1_ED.png": "b_p1",
    }


@pytest.mark.data
@pytest.mark.parametrize(
    ("folder", "cases", "patients"),
    [
        ("cardiac_cine", 8, 4),
        ("cardiac_cine/nifti", 6, 3),
        ("cardiac_cine/nifti_faulty", 2, 1),
        ("cardiac_cine/dicoms", 6, 1),
        ("retina_vessels", 20, 10),  # README: both eyes of 10 children
        ("hippocampus", 121, 121),
        ("blood_cells", 230, 230),
        ("skin_lesions", 158, 158),
        ("six_modalities", 1200, 1200),
    ],
)
def test_the_patients_of_real_folders(folder, cases, patients, data_root):
    dataset = opened(data_root / folder)
    assert (len(dataset), len({case.patient for case in dataset})) == (cases, patients)
