"""A folder for each case, with files named by role."""

import numpy as np
from made_folders import opened, png, text, volume

from hounsfield.values import Diagnosis, LabelMap


def test_files_named_by_role(tmp_path):
    for name in ("patient07", "patient19"):
        for role in ("T1", "T2", "FLAIR", "lesion_mask"):
            volume(tmp_path / name / f"{role}.nii.gz")
    text(tmp_path / "patient_info.csv", "patient_id,age,sex", "7,53,F", "8,30,M", "19,28,N/A")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("case_folders", "segmentation")
    assert [case.id for case in dataset] == ["patient07", "patient19"]
    case = dataset["patient19"]
    assert set(case.inputs) == {"t1", "t2", "flair"}
    assert list(case.truths) == ["labels"]
    assert case.truth(LabelMap).labels == {1: "label_1", 2: "label_2"}
    assert dict(case.covariates) == {"age": 28.0, "sex": None}
    assert dict(dataset["patient07"].covariates) == {"age": 53.0, "sex": "F"}
    assert dataset.unclaimed == ()


def test_names_that_begin_with_the_case(tmp_path):
    for name in ("BraTS20_001", "BraTS20_002", "BraTS20_003"):
        for role in ("flair", "t1", "t1ce", "t2", "seg"):
            volume(tmp_path / "train" / name / f"{name}_{role}.nii.gz")
    volume(tmp_path / "val" / "BraTS20_004" / "BraTS20_004_t1.nii.gz")
    dataset = opened(tmp_path)
    assert set(dataset["BraTS20_001"].inputs) == {"flair", "t1", "t1ce", "t2"}
    assert {case.id: case.split for case in dataset}["BraTS20_004"] == "validation"
    assert dataset["BraTS20_002"].split == "training"
    assert ["BraTS20_004" in problem.where for problem in dataset.problems] == [True]
    assert "lacks flair, t1ce, t2," in dataset.problems[0].what


def test_what_all_names_of_a_folder_begin_with_is_no_role(tmp_path):
    for number in ("01", "02"):
        for role in ("ct", "label"):
            volume(tmp_path / f"case {number}" / f"scan-{number}_{role}.nii.gz")
    volume(tmp_path / "case 03" / "scan-03_ct.nii.gz")
    volume(tmp_path / "case 03" / "scan-03_label.nii.gz")
    dataset = opened(tmp_path)
    assert [list(case.inputs) for case in dataset] == [["ct"], ["ct"], ["ct"]]
    assert dataset["case 01"].truth(LabelMap) is not None


def test_one_folder_of_two_dates_and_masks_on_a_grid_of_their_own(tmp_path):
    for name in ("study1_FLAIR", "study2_FLAIR"):
        volume(tmp_path / "patient01" / f"{name}.nii.gz", np.zeros((2, 3, 4), np.uint8))
    for name in ("brainmask", "gt"):
        volume(tmp_path / "patient01" / f"{name}.nii.gz", np.ones((5, 5, 5), np.uint8))
    text(tmp_path / "patient01" / "study1_FLAIR_to_common_space.txt", "#Insight Transform File V1.0")
    dataset = opened(tmp_path)
    assert list(dataset["patient01"].inputs) == ["study1_flair", "study2_flair"]
    assert (dict(dataset["patient01"].truths), dataset.task) == ({}, "")
    said = [str(problem) for problem in dataset.problems]
    assert ["brainmask.nii.gz: lies on the grid of none of the images" in line for line in said] == [True, False]
    assert dataset.unclaimed == (
        "patient01/brainmask.nii.gz",
        "patient01/gt.nii.gz",
        "patient01/study1_FLAIR_to_common_space.txt",
    )


def test_several_masks_are_told_apart_by_role_those_of_the_whole_body_last(tmp_path):
    for name in ("p1", "p2"):
        for role in ("ct", "brain_mask", "lesion"):
            volume(tmp_path / name / f"{role}.nii.gz")
    assert list(opened(tmp_path)["p1"].truths) == ["lesion", "brain_mask"]


def test_masks_may_be_kept_back_from_the_test_part(tmp_path):
    for name in ("a", "b", "c"):
        for role in ("ct", "seg"):
            volume(tmp_path / "train" / name / f"{role}.nii.gz")
    volume(tmp_path / "test" / "d" / "ct.nii.gz")
    dataset = opened(tmp_path)
    assert (len(dataset), dataset.problems) == (4, ())
    (tmp_path / "train" / "c" / "seg.nii.gz").unlink()
    assert [problem.case for problem in opened(tmp_path).problems] == ["c"]


def test_a_mask_lies_on_the_image_of_its_grid(tmp_path):
    for name in ("p1", "p2"):
        volume(tmp_path / name / "ct.nii.gz", np.zeros((4, 4, 4), np.uint8))
        volume(tmp_path / name / "pet.nii.gz", np.zeros((2, 3, 4), np.uint8))
        volume(tmp_path / name / "seg.nii.gz", np.ones((2, 3, 4), np.uint8))
    dataset = opened(tmp_path)
    assert dataset["p2"].truths["labels"].of == "pet"
    assert dataset["p2"].truth(LabelMap).labels == {1: "foreground"}


def test_a_table_asked_a_question(tmp_path):
    for name in ("a", "b", "c"):
        volume(tmp_path / name / "t1.nii.gz")
        volume(tmp_path / name / "t2.nii.gz")
    text(tmp_path / "outcome.csv", "case,relapse", "a,1", "b,0", "c,0")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("case_folders", "diagnosis")
    assert dataset["a"].truth(Diagnosis).likeliest == "yes"


def test_folders_of_classes_are_no_cases(tmp_path):
    for name in ("cat", "dog"):
        for number in range(3):
            png(tmp_path / name / f"{number}.png")
    assert [reading.layout for reading in opened(tmp_path).readings] == ["class_folders"]
