"""What is said of a folder that can be read in several ways, or that holds several sets of data."""

import pytest
from made_folders import mask, opened, png, text, volume

from hounsfield.values import Refused


def decathlon(folder):
    for part in ("imagesTr", "labelsTr"):
        volume(folder / part / "a.nii.gz")


def test_several_sets_are_listed_by_part(tmp_path):
    decathlon(tmp_path / "liver")
    for number in ("1", "2"):
        for name in ("cat", "dog"):
            png(tmp_path / "animals" / f"set{number}" / name / "1.png")
    text(tmp_path / "notes" / "a.txt", "hello")
    with pytest.raises(Refused) as refusal:
        opened(tmp_path)
    said = [str(problem) for problem in refusal.value.problems]
    assert [line.split(": can be read as ")[0] for line in said[:-1]] == [
        str(tmp_path / "animals" / "set1"),
        str(tmp_path / "animals" / "set2"),
        str(tmp_path / "liver"),
    ]
    assert "liver: can be read as decathlon (imagesTr and labelsTr" in said[2]
    assert said[-1] == f"{tmp_path}: is no set of data as a whole, but has parts that are. Name one of them."
    assert len(opened(tmp_path, layout="decathlon")) == 1


def test_one_set_in_a_folder_of_its_own_is_opened(tmp_path):
    decathlon(tmp_path / "Task09_Spleen")
    text(tmp_path / "docs" / "a.txt", "hello")
    dataset = opened(tmp_path)
    assert (dataset.layout, len(dataset)) == ("decathlon", 1)
    assert dataset.unclaimed == ("docs/a.txt",)


def test_a_stray_image_does_not_hide_the_sets_beside_it(tmp_path):
    decathlon(tmp_path / "liver")
    decathlon(tmp_path / "spleen")
    png(tmp_path / "preview.png")
    with pytest.raises(Refused, match="spleen: can be read as decathlon"):
        opened(tmp_path)


def test_folders_that_hold_nothing_but_a_folder_are_passed_through(tmp_path):
    decathlon(tmp_path / "one" / "two" / "three")
    text(tmp_path / "one" / "README.md", "hello")
    assert len(opened(tmp_path)) == 1


def test_sets_far_below_are_named(tmp_path):
    decathlon(tmp_path / "one" / "two")
    text(tmp_path / "notes.txt", "hello")
    with pytest.raises(Refused, match=r"one: can be read as decathlon[^\n]*\n.*Name one of them"):
        opened(tmp_path)


def test_readings_are_told_the_surest_first(tmp_path):
    png(tmp_path / "images" / "a.png")
    mask(tmp_path / "masks" / "a.png", (0, 0))
    png(tmp_path / "x.png")
    readings = opened(tmp_path).readings
    assert [reading.layout for reading in readings] == ["image_mask", "single_images"]
    assert readings[0].sure == pytest.approx(0.9)
    assert (readings[0].task, readings[1].task) == ("segmentation", "")


def test_folders_of_images_and_masks_cut_into_parts(tmp_path):
    for part in ("train", "val"):
        for name in ("1", "2"):
            png(tmp_path / "a" / "images" / part / f"{name}.png")
            mask(tmp_path / "a" / "masks" / part / f"{name}.png", (0, 0))
            png(tmp_path / "b" / part / "images" / f"{name}.png")
            mask(tmp_path / "b" / part / "labels" / f"{name}.png", (0, 0))
    for dataset in (opened(tmp_path / "a"), opened(tmp_path / "b")):
        assert dataset.layout == "image_mask"
        assert sorted(case.split for case in dataset) == ["training", "training", "validation", "validation"]
        assert len({case.id for case in dataset}) == 4
        assert dataset.unclaimed == ()
        assert all(case.truths for case in dataset)


def test_test_images_called_by_numbers_are_no_channels(tmp_path):
    for name in ("BRATS_0000", "BRATS_0001"):
        volume(tmp_path / "imagesTr" / f"{name}.nii.gz")
        volume(tmp_path / "labelsTr" / f"{name}.nii.gz")
    for name in ("BRATS_0002", "BRATS_0003", "PROSTATE_0000"):
        volume(tmp_path / "imagesTs" / f"{name}.nii.gz")
    ids = [case.id for case in opened(tmp_path)]
    assert ids == ["BRATS_0000", "BRATS_0001", "BRATS_0002", "BRATS_0003", "PROSTATE_0000"]


def test_test_images_with_channels(tmp_path):
    for name in ("a_0000", "a_0001"):
        volume(tmp_path / "imagesTr" / f"{name}.nii.gz")
        volume(tmp_path / "imagesTs" / f"b{name}.nii.gz")
    volume(tmp_path / "labelsTr" / "a.nii.gz")
    assert {case.id: len(case.inputs) for case in opened(tmp_path)} == {"a": 2, "ba": 2}
