"""Masks beside images by suffix: found, united, told apart, and never taken for images."""

import numpy as np
import pytest
from made_folders import mask, opened, png, volume
from PIL import Image as Pillow

from hounsfield.layouts.mask_names import is_mask, without_masks
from hounsfield.values import Diagnosis, LabelMap, Refused


def busi(folder):
    """In the way of BUSI: blanks, brackets, several masks of an image, masks of other kinds."""
    for name in ("benign", "malignant"):
        png(folder / name / f"{name} (1).png")
        png(folder / name / f"{name} (2).png")
        mask(folder / name / f"{name} (1)_mask.png", (0, 0))
        mask(folder / name / f"{name} (2)_mask.png", (0, 0), (0, 1))
    mask(folder / "benign" / "benign (1)_mask_1.png", (2, 3), (0, 0))
    png(folder / "normal" / "normal (1).png")
    Pillow.fromarray(np.zeros((3, 4, 3), np.uint8)).save(folder / "normal" / "normal (1)_mask.png")  # RGB, black


def test_several_masks_are_united_and_told_apart(tmp_path):
    busi(tmp_path)
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task, len(dataset)) == ("suffix_masks", "segmentation", 5)
    labels = dataset["benign (1)"].truth(LabelMap)
    assert labels.array.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 1]]
    assert labels.instances.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 2]]  # the first keeps what both have
    assert dataset["malignant (2)"].truth(LabelMap).instances.max() == 1
    assert not dataset["normal (1)"].truth(LabelMap).array.any()
    assert dataset.unclaimed == ()


def test_the_same_folder_is_read_as_classes_without_the_masks(tmp_path):
    busi(tmp_path)
    dataset = opened(tmp_path)
    others = {reading.layout: reading for reading in dataset.readings}
    assert others["class_folders"].task == "diagnosis"
    assert dataset.readings[0].layout == "suffix_masks"
    for classes in (opened(tmp_path, layout="class_folders"), opened(tmp_path, task="diagnosis")):
        assert len(classes) == 5
        assert classes["malignant_malignant (2)"].truth(Diagnosis).likeliest == "malignant"
        assert len(classes.unclaimed) == 6


@pytest.mark.parametrize("ending", ["_segmentation", "_mask", "_seg", "-label", "_GT", " mask", "_labels"])
def test_one_mask_an_image(tmp_path, ending):
    for name in ("ISIC_1", "ISIC_2"):
        png(tmp_path / f"{name}.png")
        mask(tmp_path / f"{name}{ending}.png", (1, 1))
    labels = opened(tmp_path)["ISIC_2"].truth(LabelMap)
    assert (labels.labels, labels.instances, labels.array.sum()) == ({1: "foreground"}, None, 1)


def test_volumes_with_several_labels_and_one_without_mask(tmp_path):
    for name in ("001", "002", "003"):
        volume(tmp_path / f"{name}.nii.gz")
    for name in ("001", "002"):
        volume(tmp_path / f"{name}_seg.nii.gz")
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["001", "002", "003"]
    assert dataset["001"].truth(LabelMap).labels == {1: "label_1", 2: "label_2"}
    assert [problem.where for problem in dataset.problems] == [str(tmp_path / "003.nii.gz")]
    assert not dataset["003"].truths


def test_folders_of_a_split(tmp_path):
    for part in ("train", "val", "test"):
        png(tmp_path / part / "1.png")
        mask(tmp_path / part / "1_mask.png", (0, 0))
    dataset = opened(tmp_path)
    assert {case.id: case.split for case in dataset} == {
        "test_1.png": "test",
        "train_1.png": "training",
        "val_1.png": "validation",
    }


def test_folders_without_masks_are_others_but_for_parts_of_the_split(tmp_path):
    for part in ("train", "test", "figures"):
        png(tmp_path / part / f"{part} 1.png")
    mask(tmp_path / "train" / "train 1_mask.png", (0, 0))
    dataset = opened(tmp_path)
    assert {case.id: (case.split, len(case.truths)) for case in dataset} == {
        "train 1": ("training", 1),
        "test 1": ("test", 0),
    }
    assert (dataset.problems, dataset.unclaimed) == ((), ("figures/figures 1.png",))


def test_a_mask_of_another_size_is_refused_by_name(tmp_path):
    png(tmp_path / "a.png")
    mask(tmp_path / "a_mask.png", (0, 0), size=(5, 5))
    with pytest.raises(Refused, match=r"a_mask\.png: has the shape 5x5, but its image .*a\.png has 3x4"):
        opened(tmp_path)["a"].truth(LabelMap)


def test_what_is_no_mask_stays_an_image(tmp_path):
    names = ["a.png", "a_mask.png", "a_mask_2.png", "b_mask.png", "mask.png", "a_b.png", "unmasked.png"]
    kept = [path.name for path in without_masks(tmp_path / name for name in sorted(names))]
    assert kept == ["a.png", "a_b.png", "b_mask.png", "mask.png", "unmasked.png"]


def test_words_for_masks():
    assert all(map(is_mask, ["lesion_mask", "gt", "seg-manual", "brainmask", "GMSEG", "dseg"]))
    assert not any(map(is_mask, ["t1", "flair", "probseg", "masked", "segway", "image"]))


def test_masks_are_never_images_whatever_their_names_say_besides(tmp_path):
    for name in ("t2s", "t2s_gmseg_manual", "t2s_seg_int64", "t2s_segment", "mask_of_him", "t2s-label-2"):
        png(tmp_path / f"{name}.png")
    dataset = opened(tmp_path, layout="single_images")
    assert [case.id for case in dataset] == ["mask_of_him", "t2s", "t2s_segment"]
    assert dataset.unclaimed == ("t2s-label-2.png", "t2s_gmseg_manual.png", "t2s_seg_int64.png")


@pytest.mark.data
def test_masks_among_samples_are_no_images(data_root):
    dataset = opened(data_root / "nifti_samples")
    assert (dataset.layout, len(dataset)) == ("single_images", 7)
    assert {"t2s_gmseg_manual.nii.gz", "t2s_seg_int64.nii.gz"} < set(dataset.unclaimed)
