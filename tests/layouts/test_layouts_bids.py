"""Folders in the way of BIDS."""

import numpy as np
import pytest
from made_folders import opened, text, volume

from hounsfield.layouts.layout import ReadOptions
from hounsfield.values import Diagnosis, LabelMap, Refused


def two_subjects(folder):
    """Two subjects, the first with two visits; T1 and FLAIR, lesions below derivatives, a table."""
    for visit in ("sub-01/ses-a", "sub-01/ses-b", "sub-02"):
        stem = visit.replace("/", "_")
        for word in ("T1w", "FLAIR"):
            volume(folder / visit / "anat" / f"{stem}_{word}.nii.gz")
            text(folder / visit / "anat" / f"{stem}_{word}.json", "{}")
        lesion = np.zeros((2, 3, 4), np.uint8)
        lesion[0, 0, 0] = 1
        volume(folder / "derivatives" / "labels" / visit / "anat" / f"{stem}_FLAIR_lesion-manual.nii.gz", lesion)
    text(folder / "dataset_description.json", '{"Name": "made", "BIDSVersion": "1.8.0"}')
    text(folder / "participants.tsv", "participant_id\tage\tsex\tgroup", "sub-01\t61\tF\tMS", "02\t-\tn/a\tcontrol", "")


def test_visits_roles_masks_and_the_table_of_subjects(tmp_path):
    two_subjects(tmp_path)
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("bids", "segmentation")
    assert [case.id for case in dataset] == ["sub-01_ses-a", "sub-01_ses-b", "sub-02"]
    assert [case.patient for case in dataset] == ["sub-01", "sub-01", "sub-02"]
    case = dataset["sub-01_ses-b"]
    assert set(case.inputs) == {"t1", "flair"}
    assert case.truths["labels"].of == "flair"
    assert case.truth(LabelMap).array.sum() == 1
    assert case.truth(LabelMap).labels == {1: "foreground"}
    assert dict(case.covariates) == {"age": 61.0, "sex": "F", "group": "MS"}
    assert dict(dataset["sub-02"].covariates) == {"age": None, "sex": None, "group": "control"}
    assert dataset.unclaimed == ()
    assert not dataset.problems


def test_a_question_about_subjects(tmp_path):
    two_subjects(tmp_path)
    dataset = opened(tmp_path, options=ReadOptions(target="group", ignore=("sex",)))
    assert dataset.task == "diagnosis"
    assert dataset["sub-01_ses-a"].truth(Diagnosis) == Diagnosis({"MS": 1.0, "control": 0.0})
    assert dict(dataset["sub-02"].covariates) == {"age": None}
    with pytest.raises(Refused, match="no column 'grade'"):
        opened(tmp_path, options=ReadOptions(target="grade"))


def test_several_masks_and_several_images_of_one_word(tmp_path):
    for name in ("run-1_T1w", "run-2_T1w", "T2w"):
        volume(tmp_path / "sub-01" / "anat" / f"sub-01_{name}.nii.gz")
    derived = tmp_path / "derivatives" / "tool" / "sub-01" / "anat"
    for name in ("space-T1w_dseg", "desc-brain_mask", "T2w_seg-cord", "desc-preproc_T1w", "label-GM_probseg"):
        volume(derived / f"sub-01_{name}.nii.gz")
    dataset = opened(tmp_path)
    case = dataset["sub-01"]
    assert list(case.inputs) == ["t2", "t1", "run-2_t1"]
    assert {name: truth.of for name, truth in case.truths.items()} == {
        "seg-cord": "t2",
        "desc-brain_mask": "t2",
        "space-T1w_dseg": "t1",
    }
    assert len(dataset.unclaimed) == 2


def test_a_folder_of_its_own_below_the_root_and_visits_without_mask(tmp_path):
    volume(tmp_path / "study" / "sub-1" / "ct" / "sub-1_ct.nii.gz")
    volume(tmp_path / "study" / "sub-2" / "ct" / "sub-2_ct.nii.gz")
    volume(tmp_path / "study" / "derivatives" / "masks" / "sub-1" / "sub-1_ct_mask.nii.gz")
    dataset = opened(tmp_path)
    assert [list(case.inputs) for case in dataset] == [["ct"], ["ct"]]
    assert [problem.where for problem in dataset.problems] == ["sub-2"]
