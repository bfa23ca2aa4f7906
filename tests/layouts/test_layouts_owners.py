"""Whose the cases are, as their names tell: moments, sides and slices of one patient, and names that only look so."""

from collections import Counter

import numpy as np
import pytest
from made_folders import mask, opened, png, text, volume

from hounsfield.layouts.owners import owner_of

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


def test_a_folder_called_like_a_person_tells_whose_the_images_in_it_are(tmp_path):
    rows = ["Path,Edema"]
    for person in range(1, 5):
        for view in ("view1_frontal", "view2_lateral"):
            path = f"train/patient{person:05d}/study1/{view}.png"
            png(tmp_path / path, np.full((3, 4), 10 * person + len(view), np.uint8))
            rows.append(f"{path},{person % 2}")
    text(tmp_path / "train.csv", *rows)
    dataset = opened(tmp_path)  # as CheXpert is laid out
    assert (dataset.layout, len(dataset)) == ("image_table", 8)
    assert {case.patient for case in dataset} == {f"patient{n:05d}" for n in range(1, 5)}
    assert "are of 'patient00001'" in " ".join(dataset.notes)


def test_persons_called_alike_in_two_folders_are_two(tmp_path):
    rows = ["image,ill"]
    for hospital in ("north", "south"):
        for n in (1, 2):
            for image in "ab":
                path = f"{hospital}/subject_{n}/{image}.png"
                png(tmp_path / path)
                rows.append(f"{path},{n % 2}")
    text(tmp_path / "labels.csv", *rows)
    patients = {case.patient for case in opened(tmp_path)}
    assert patients == {"north_subject_1", "north_subject_2", "south_subject_1", "south_subject_2"}


@pytest.mark.parametrize("column", ["Patient ID", "patientId", "subject_id", "PATIENT"])
def test_a_column_that_names_patients_however_it_is_written(tmp_path, column):
    for n in range(6):
        png(tmp_path / f"{n}.png")
    text(tmp_path / "labels.csv", f"Image Index,ill,{column}", *(f"{n}.png,{n % 2},p{n // 2}" for n in range(6)))
    dataset = opened(tmp_path)
    assert Counter(case.patient for case in dataset) == {"p0": 2, "p1": 2, "p2": 2}
    assert all(not case.covariates for case in dataset)


def test_names_with_dots_keep_all_of_them(tmp_path):
    for n in range(4):
        volume(tmp_path / f"1.3.6.1.{n}.nii.gz")
        png(tmp_path / "other" / f"img.{n:03d}.png")
    for folder in (tmp_path / "other", tmp_path):
        dataset = opened(folder)
        assert len({case.patient for case in dataset}) == len(dataset) == 4


@pytest.mark.parametrize("name", ["t2_slice_{}", "covid19_slice_{}", "T1_frame_{}"])
def test_slices_of_nobody_are_not_one_patient(name, tmp_path):
    for n in range(8):
        png(tmp_path / f"{name.format(n)}.png")
    assert len({case.patient for case in opened(tmp_path)}) == 8


def test_both_eyes_in_the_folders_of_two_classes_are_of_one_patient(tmp_path):
    for n in range(10, 14):
        for side, grade in (("left", "0_none"), ("right", "2_moderate")):
            png(tmp_path / grade / f"{n}_{side}.png")  # as EyePACS sorted by grade
    dataset = opened(tmp_path, layout="class_folders")
    assert sorted(Counter(case.patient for case in dataset).items()) == [(str(n), 2) for n in range(10, 14)]


def test_whose_a_case_is_does_not_hang_on_its_company(tmp_path):
    for name in ("10_left", "11_left", "12_left"):
        png(tmp_path / f"{name}.png")
    dataset = opened(tmp_path)
    assert [case.patient for case in dataset] == ["10", "11", "12"]
    assert not dataset.notes
    png(tmp_path / "10_right.png")
    assert [case.patient for case in opened(tmp_path)] == ["10", "10", "11", "12"]


def test_names_without_end_are_not_looked_at():
    assert owner_of("1" * 100_000) == "1" * 100_000
