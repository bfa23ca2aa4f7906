"""The arrangements of public sets that many people have, by their names alone: never a mask taken for an image."""

import numpy as np
import pytest
from made_folders import mask, opened, png, text, volume
from PIL import Image as Pillow

from hounsfield.layouts.mask_names import what_tells
from hounsfield.values import LabelMap


def labelled(folder, count):
    """The cases of a folder for segmentation, each with the foreground where its mask has it."""
    dataset = opened(folder)
    assert (dataset.task, len(dataset)) == ("segmentation", count)
    return dataset


def foreground(case):
    return np.argwhere(case.truth(LabelMap).array).tolist()


def test_drive_takes_what_was_drawn_by_hand_and_not_the_field_of_view(tmp_path):
    for n in range(21, 25):
        png(tmp_path / "training" / "images" / f"{n}_training.tif")
        mask(tmp_path / "training" / "1st_manual" / f"{n}_manual1.gif", (0, n - 21))
        mask(tmp_path / "training" / "mask" / f"{n}_training_mask.gif", (1, 1), (1, 2))
    for n in range(1, 3):
        png(tmp_path / "test" / "images" / f"{n:02d}_test.tif")
        mask(tmp_path / "test" / "mask" / f"{n:02d}_test_mask.gif", (1, 1), (1, 2))
    dataset = labelled(tmp_path, 6)
    assert foreground(dataset["23_training"]) == [[0, 2]]
    assert dataset["23_training"].split == "training"
    assert dataset["01_test"].truth(LabelMap) is None  # the set keeps these answers back
    assert not dataset.problems
    assert len(dataset.unclaimed) == 6


def test_lits_has_volumes_and_segmentations_of_one_number(tmp_path):
    for n in (0, 1, 10):
        volume(tmp_path / f"volume-{n}.nii")
        volume(tmp_path / f"segmentation-{n}.nii", np.full((2, 3, 4), n % 3, np.uint8))
    dataset = labelled(tmp_path, 3)
    assert {case.id: int(case.truth(LabelMap).array.max()) for case in dataset} == {
        "volume-0": 0,
        "volume-1": 1,
        "volume-10": 1,
    }


def test_btcv_numbers_images_and_labels_alike(tmp_path):
    for n in (1, 2, 12):
        volume(tmp_path / "img" / f"img{n:04d}.nii.gz")
        volume(tmp_path / "label" / f"label{n:04d}.nii.gz", np.full((2, 3, 4), n, np.uint8))
    dataset = labelled(tmp_path, 3)
    assert int(dataset["img0012"].truth(LabelMap).array.max()) == 12


@pytest.mark.parametrize("names", [("train_images", "train_masks"), ("images_train", "labels_train")])
def test_the_part_in_the_names_of_both_folders(tmp_path, names):
    for n in range(3):
        png(tmp_path / names[0] / f"{n}.png")
        mask(tmp_path / names[1] / f"{n}.png", (2, n))
    dataset = labelled(tmp_path, 3)
    assert foreground(dataset["1"]) == [[2, 1]]
    assert {case.split for case in dataset} == {"training"}


def test_cvc_clinicdb_has_original_and_ground_truth(tmp_path):
    for n in range(3):
        png(tmp_path / "Original" / f"{n}.tif")
        mask(tmp_path / "Ground Truth" / f"{n}.tif", (2, n))
    assert foreground(labelled(tmp_path, 3)["2"]) == [[2, 2]]


def test_oasis_has_a_folder_a_case_and_two_label_maps_in_it(tmp_path):
    for n in range(4):
        inner = tmp_path / f"OASIS_OAS1_{n:04d}_MR1"
        volume(inner / "aligned_norm.nii.gz")
        volume(inner / "aligned_seg35.nii.gz")
        volume(inner / "aligned_seg4.nii.gz")
    dataset = labelled(tmp_path, 4)
    assert all(list(case.inputs) == ["norm"] and list(case.truths) == ["seg35", "seg4"] for case in dataset)
    assert "class_folders" not in {reading.layout for reading in dataset.readings}


def test_folders_of_cases_are_no_classes_and_those_of_numbered_pictures_are(tmp_path):
    for n in range(4):
        for role in ("flair", "t1", "seg"):
            volume(tmp_path / "cases" / f"BraTS_{n:03d}" / f"BraTS_{n:03d}_{role}.nii.gz")
    assert [reading.layout for reading in opened(tmp_path / "cases").readings] == ["case_folders"]
    for name in ("benign", "malignant", "normal"):
        for n in (1, 2):
            png(tmp_path / "classes" / name / f"{name} ({n}).png")
    assert opened(tmp_path / "classes").layout == "class_folders"


def test_kvasir_keeps_its_masks_as_jpeg(tmp_path):
    disc = np.hypot(*(np.indices((96, 128)) - 40)) < 30
    for n in range(3):
        png(tmp_path / "images" / f"k{n}.jpg", np.zeros((96, 128, 3), np.uint8))
        (tmp_path / "masks").mkdir(exist_ok=True)
        Pillow.fromarray(np.uint8(disc) * 255).save(tmp_path / "masks" / f"k{n}.jpg", quality=75)
    labels = labelled(tmp_path, 3)["k1"].truth(LabelMap)
    assert labels.labels == {1: "foreground"}
    assert labels.array.sum() == pytest.approx(disc.sum(), rel=0.01)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("21_training", ("21",)),
        ("21_manual1", ("21",)),
        ("img0001", ("0001",)),
        ("label0001", ("0001",)),
        ("Case_A-07_T2_seg", ("a", "07", "t", "2")),
        ("image", ()),
    ],
)
def test_what_tells_one_name_from_another(name, key):
    assert what_tells(name) == key


def test_a_table_of_images_and_labels_without_names_of_cases(tmp_path):
    rows = ["image,label,patient"]
    for n in range(4):
        volume(tmp_path / "data" / f"s{n}_t1.nii.gz")
        volume(tmp_path / "data" / f"s{n}_m.nii.gz", np.full((2, 3, 4), n, np.uint8))
        rows.append(f"data/s{n}_t1.nii.gz,data/s{n}_m.nii.gz,p{n // 2}")
    text(tmp_path / "list.csv", *rows)
    dataset = labelled(tmp_path, 4)
    assert dataset.layout == "manifest"
    assert (dataset["s3_t1"].patient, int(dataset["s3_t1"].truth(LabelMap).array.max())) == ("p1", 3)
    assert dataset.unclaimed == ()


def test_images_of_one_name_in_the_folders_of_a_table_keep_apart(tmp_path):
    for n in range(3):
        volume(tmp_path / f"p{n}" / "t1.nii.gz")
        volume(tmp_path / f"p{n}" / "m.nii.gz")
    text(tmp_path / "list.csv", "image,mask", *(f"p{n}/t1.nii.gz,p{n}/m.nii.gz" for n in range(3)))
    assert [case.id for case in labelled(tmp_path, 3)] == ["p0_t1", "p1_t1", "p2_t1"]


def test_numbered_pictures_of_many_classes_are_classes_however_alike_their_numbers(tmp_path):
    for number in range(10):
        for n in range(8):
            png(tmp_path / "ten" / f"class {number}" / f"img_{n}.png")
    for name in "abc":
        for n in range(3):
            png(tmp_path / "three" / name / f"img{n}.png")
    assert (opened(tmp_path / "ten").layout, len(opened(tmp_path / "ten"))) == ("class_folders", 80)
    assert opened(tmp_path / "three").layout == "class_folders"


def test_images_and_masks_inside_the_parts_of_a_split(tmp_path):
    for part, count in (("train", 4), ("val", 1)):
        for n in range(count):
            png(tmp_path / part / "images" / f"{part}_{n}.png")
            mask(tmp_path / part / "masks" / f"{part}_{n}.png", (0, n))
    dataset = labelled(tmp_path, 5)
    assert dataset.layout == "image_mask"
    assert {case.split for case in dataset} == {"training", "validation"}
    assert [reading.layout for reading in dataset.readings] == ["image_mask"]
