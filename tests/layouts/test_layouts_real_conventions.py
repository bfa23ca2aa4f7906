"""Real folders of the conventions that people make up themselves: what their READMEs say must come out."""

from collections import Counter

import nibabel as nib
import numpy as np
import pytest
from made_folders import opened

from hounsfield.layouts.layout import ReadOptions
from hounsfield.values import Diagnosis, LabelMap, Refused

pytestmark = pytest.mark.data


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


@pytest.mark.parametrize("parts", [(), ("Dataset_BUSI_with_GT.zip",)])
def test_breast_ultrasound_is_masks_by_suffix_and_classes_at_once(data_root, parts):
    folder = data_root.joinpath("breast_ultrasound", *parts)
    dataset = opened(folder)
    assert (dataset.layout, dataset.task, len(dataset)) == ("suffix_masks", "segmentation", 52)
    masks = {case.id: case.truth(LabelMap) for case in dataset}
    assert Counter(int(labels.instances.max()) for labels in masks.values())[2] == 4  # benign 4, 54, 100, malignant 53
    assert masks["benign (195)"].instances.max() == 3
    assert [name for name, labels in masks.items() if not labels.array.any()] == [
        name for name in masks if name.startswith("normal")
    ]
    assert {reading.layout: reading.task for reading in dataset.readings} == {
        "suffix_masks": "segmentation",
        "class_folders": "diagnosis",
    }
    classes = opened(folder, task="diagnosis")
    found = Counter(case.truth(Diagnosis).likeliest for case in classes)
    assert found == {"benign": 28, "malignant": 16, "normal": 8}
    assert len(classes.unclaimed) == 58
    where = classes["normal_normal (12)"].inputs["image"].where
    assert where.endswith("Dataset_BUSI_with_GT.zip::Dataset_BUSI_with_GT/normal/normal (12).png")


def test_skin_lesions(data_root):
    dataset = opened(data_root / "skin_lesions")
    assert (dataset.layout, dataset.task) == ("image_table", "diagnosis")
    found = Counter((case.split, case.truth(Diagnosis).likeliest) for case in dataset)
    assert found == {
        ("training", "no"): 121 - 22,
        ("training", "yes"): 22,
        ("validation", "no"): 37 - 7,
        ("validation", "yes"): 7,
    }
    assert set(dataset.cases[0].covariates) == {"age_approximate", "sex"}
    unknown = Counter(n for case in dataset.only("training") for n, value in case.covariates.items() if value is None)
    assert unknown == {"age_approximate": 19, "sex": 19}
    assert dataset["ISIC_0000013"].truth(Diagnosis).likeliest == "yes"
    assert dataset["ISIC_0012970"].inputs["image"].digest() == dataset["ISIC_0012127"].inputs["image"].digest()
    assert (dataset.unclaimed, dataset.problems) == ((), ())
    without = opened(data_root / "skin_lesions", options=ReadOptions(ignore=("sex",)))
    assert set(without.cases[0].covariates) == {"age_approximate"}


def test_spleen_in_the_way_of_bids(data_root):
    dataset = opened(data_root / "ct" / "spleen_bids")
    assert (dataset.layout, dataset.task, len(dataset)) == ("bids", "segmentation", 1)
    case = dataset["sub-spleen2"]
    image = case.inputs["ct"].load()
    assert image.grid.shape == (164, 166, 26)
    assert image.grid.spacing == pytest.approx((0.79, 0.79, 5), abs=0.01)
    assert case.truth(LabelMap).array.sum() == 96672
    assert set(case.covariates.values()) == {None}  # the table of subjects knows nothing of them
    assert (dataset.unclaimed, dataset.problems) == ((), ())


def test_multiple_sclerosis_at_one_date(data_root):
    root = data_root / "multiple_sclerosis" / "cross_sectional"
    dataset = opened(root / "MNI_2mm")
    assert (dataset.layout, dataset.task) == ("case_folders", "segmentation")
    assert [case.id for case in dataset] == ["patient07", "patient19"]
    assert {role for case in dataset for role in case.inputs} == {"t1", "t2", "flair"}
    assert [int(case.truth(LabelMap).array.sum()) for case in dataset] == [154, 6456]
    flair = dataset["patient19"].inputs["flair"].load()
    expected = nib.load(root / "MNI_2mm" / "patient19" / "FLAIR.nii.gz").get_fdata()
    assert np.array_equal(flair.array()[0], expected)
    assert list(opened(root / "MNI_1mm")["patient07"].inputs) == ["t1"]


def test_multiple_sclerosis_at_two_dates(data_root):
    dataset = opened(data_root / "multiple_sclerosis" / "longitudinal")
    case = dataset["patient01"]
    assert list(case.inputs) == ["study1_flair", "study2_flair"]
    assert not case.truths  # both masks lie on a grid that neither image is on yet
    assert "gt.nii.gz: lies on the grid of none" in " ".join(map(str, dataset.problems))
    assert dict(case.covariates) == {"sex": "F", "days_between_studies": 203.0, "age": 20.0, "ms_type": None}
    assert dataset.unclaimed == tuple(
        f"patient01/{name}"
        for name in (
            "brainmask.nii.gz",
            "gt.nii.gz",
            "study1_FLAIR_to_common_space.txt",
            "study2_FLAIR_to_common_space.txt",
        )
    )


def test_hearts_with_masks_beside_them(data_root):
    dataset = opened(data_root / "cardiac_cine" / "nifti")
    assert (dataset.layout, len(dataset)) == ("suffix_masks", 6)
    labels = dataset["SCD0000101_ED"].truth(LabelMap)
    assert labels.labels == {1: "label_1", 2: "label_2"}
    volume = (labels.array == 1).sum() * labels.grid.voxel_volume / 1000
    assert volume == pytest.approx(202.2, abs=0.1)
    assert 2 not in np.unique(dataset["SCD0000101_ES"].truth(LabelMap).array)


def test_roots_of_several_sets_are_listed_by_part(data_root):
    with pytest.raises(Refused) as refusal:
        opened(data_root / "multiple_sclerosis")
    said = [str(problem) for problem in refusal.value.problems]
    assert [line.split(" (")[0].removeprefix(f"{data_root}/multiple_sclerosis") for line in said[:-1]] == [
        "/cross_sectional/MNI_1mm: can be read as case_folders",
        "/cross_sectional/MNI_2mm: can be read as case_folders",
        "/longitudinal: can be read as case_folders",
    ]
    assert said[-1].endswith("Name one of them.")
    with pytest.raises(Refused, match=r"spleen_bids: can be read as bids.*\n.*totalsegmentator"):
        opened(data_root / "ct")


def test_the_folder_of_all_sets_is_listed_by_part(data_root):
    with pytest.raises(Refused) as refusal:
        opened(data_root)
    said = str(refusal.value)
    for line in (
        "blood_cells: can be read as voc",
        "chest_xray: can be read as medmnist",
        "hippocampus: can be read as decathlon",
        "nuclei: can be read as mask_per_object",
        "skin_lesions: can be read as image_table",
    ):
        assert f"{data_root}/{line}" in said
    assert said.endswith("Name one of them.")
