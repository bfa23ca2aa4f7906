"""A folder for each case, with one image and a folder of masks beside it, one file a structure."""

import shutil
import tracemalloc
from itertools import pairwise

import nibabel as nib
import numpy as np
import pytest
from made_folders import mask, opened, png, text, volume

from hounsfield.audit.checks.shared_voxels import CHECK as SHARED
from hounsfield.audit.checks.unreadable import CHECK as UNREADABLE
from hounsfield.audit.running import Audit
from hounsfield.layouts.layout import ReadOptions
from hounsfield.values import Diagnosis, LabelMap, Refused

AFFINE = np.diag([-1.5, 1.5, 3.0, 1.0])
STRUCTURES = ("kidney_left", "kidney_right", "liver", "spleen")


def block(*starts, size=2, shape=(8, 9, 10)):
    array = np.zeros(shape, np.uint8)
    array[tuple(slice(start, start + size) for start in starts)] = 1
    return array


def case(folder, *, masks="segmentations", image="ct.nii.gz", seed=0):
    """An image, and for each structure a block of its own."""
    volume(folder / image, np.random.default_rng(seed).normal(0, 99, (8, 9, 10)).astype(np.int16), AFFINE)
    for number, name in enumerate(STRUCTURES):
        volume(folder / masks / f"{name}.nii.gz", block(2 * number, 3, 4), AFFINE)


def cases(folder, count=3):
    for number in range(count):
        case(folder / f"s{number:04d}", seed=number)
    return folder


def problems(dataset):
    """What an audit says can not be read of each case, as lines."""
    audit = Audit([UNREADABLE])
    for one in dataset:
        audit.look(one)
    return [f"{fault.where}: {fault.what}" for fault in audit.faults(dataset)]


def test_the_masks_of_a_case_become_one_label_map(tmp_path):
    dataset = opened(cases(tmp_path))
    assert (dataset.layout, dataset.task) == ("structure_masks", "segmentation")
    assert [one.id for one in dataset] == ["s0000", "s0001", "s0002"]
    assert (dataset.problems, dataset.unclaimed, dataset.notes) == ((), (), ())
    labels = dataset["s0001"].truth(LabelMap)
    assert labels.labels == {1: "kidney_left", 2: "kidney_right", 3: "liver", 4: "spleen"}
    assert labels.array.dtype == np.uint8
    assert "array" not in repr(labels)
    for value, name in labels.labels.items():
        stored = nib.load(tmp_path / "s0001" / "segmentations" / f"{name}.nii.gz")
        assert np.array_equal(labels.array == value, np.asarray(stored.dataobj) == 1)
        assert np.allclose(labels.grid.affine, stored.affine)
    image = dataset["s0001"].inputs["image"].load()
    assert image.modality == "CT"
    assert np.array_equal(image.array()[0], nib.load(tmp_path / "s0001" / "ct.nii.gz").get_fdata())
    assert not problems(dataset)


def test_the_table_beside_the_folders_gives_the_split_and_covariates(tmp_path):
    cases(tmp_path / "Totalsegmentator_dataset_v201", 4)
    head = "image_id;age;gender;institute;study_type;split"
    rows = (f"s{n:04d};{60 + n};m;A;ct abdomen;{part}" for n, part in enumerate(("train", "train", "val", "test")))
    text(tmp_path / "Totalsegmentator_dataset_v201" / "meta.csv", head, *rows)
    dataset = opened(tmp_path)
    assert dataset.layout == "structure_masks"
    assert [one.split for one in dataset] == ["training", "training", "validation", "test"]
    assert dict(dataset["s0003"].covariates) == {
        "age": 63.0,
        "gender": "m",
        "institute": "A",
        "study_type": "ct abdomen",
    }
    assert dataset.unclaimed == ()
    asked = opened(tmp_path, options=ReadOptions(target="age>61", ignore=("study_type",)))
    assert (asked.task, asked["s0003"].truth(Diagnosis).likeliest) == ("diagnosis", "yes")


def test_a_zip_is_read_and_its_members_named(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cases(tmp_path / "x" / "Totalsegmentator_dataset_v201")
    volume(tmp_path / "x" / "Totalsegmentator_dataset_v201" / "s0001" / "segmentations" / "spleen.nii.gz")
    archive = shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path / "x")
    dataset = opened(archive)
    assert (dataset.layout, [one.id for one in dataset]) == ("structure_masks", ["s0000", "s0001", "s0002"])
    assert dataset["s0000"].digest() == opened(tmp_path / "x")["s0000"].digest()
    with pytest.raises(Refused) as refusal:
        dataset["s0001"].truth(LabelMap)
    assert str(refusal.value).startswith(f"{archive}::Totalsegmentator_dataset_v201/s0001/segmentations/spleen.nii.gz")


def test_the_folders_may_lie_in_parts_and_their_masks_be_called_otherwise(tmp_path):
    for part, name in (("train", "a"), ("train", "b"), ("test", "a")):
        case(tmp_path / part / name, masks="labels", image="scan.nii.gz")
    volume(tmp_path / "test" / "c" / "scan.nii.gz")
    dataset = opened(tmp_path)
    found = {one.id: (one.split, bool(one.truths)) for one in dataset}
    training, test = ("training", True), ("test", True)
    assert found == {"train_a": training, "b": training, "test_a": test, "c": ("test", False)}
    assert dataset.problems == ()  # masks may be kept back from a test part
    assert dataset["b"].inputs["image"].load().modality == ""


def test_a_structure_without_a_file_is_drawn_nowhere_and_said(tmp_path):
    cases(tmp_path)
    for name in ("s0000", "s0002"):
        (tmp_path / name / "segmentations" / "liver.nii.gz").unlink()
    (tmp_path / "s0002" / "segmentations" / "spleen.nii.gz").unlink()
    dataset = opened(tmp_path)
    (note,) = dataset.notes
    assert "liver in 2 of 3 cases, spleen in 1" in note
    assert "counts as drawn nowhere" in note
    labels = dataset["s0002"].truth(LabelMap)
    assert sorted(np.unique(labels.array)) == [0, 1, 2]
    assert labels.labels[3] == "liver"
    assert dataset["s0001"].digest() != dataset["s0002"].digest()


def test_what_two_structures_cover_is_unknown_and_said_with_both_names(tmp_path):
    cases(tmp_path)
    masks = tmp_path / "s0001" / "segmentations"
    volume(masks / "spleen.nii.gz", block(5, 3, 4), AFFINE)  # its first plane is the liver's second
    volume(masks / "kidney_left.nii.gz", block(0, 3, 4, size=3), AFFINE)  # its third is in the other kidney's first
    dataset = opened(tmp_path)
    labels = dataset["s0001"].truth(LabelMap)
    expected = nib.load(masks / "liver.nii.gz").get_fdata() + nib.load(masks / "spleen.nii.gz").get_fdata() == 2
    expected |= block(2, 3, 4, size=2) > 0
    expected[3] = False  # the right kidney alone
    assert np.array_equal(~labels.known, expected)
    assert labels.array[4, 3, 4] == 3
    assert labels.array[6, 3, 4] == 4
    assert labels.ignore == 5
    assert labels.labels == dataset["s0000"].truth(LabelMap).labels
    audit = Audit([SHARED])
    for one in dataset:
        audit.look(one)
    (fault,) = audit.faults(dataset)
    assert (fault.where, fault.cases) == (str(masks), ("s0001",))
    said = "has 4 voxels in both kidney_left and kidney_right, and some in 1 more pair, which count as unknown"
    assert fault.what == said


def test_three_in_one_place_are_unknown_too(tmp_path):
    for name in ("a", "b"):
        png(tmp_path / name / "photo.png")
        mask(tmp_path / name / "masks" / "cup.png", (0, 0), (0, 1), value=1)
        mask(tmp_path / name / "masks" / "disc.png", (0, 0), (0, 2), value=1)
        mask(tmp_path / name / "masks" / "vessel.png", (0, 0), (0, 3), value=1)
    labels = opened(tmp_path)["a"].truth(LabelMap)
    assert labels.array.tolist() == [[4, 1, 2, 3], [0] * 4, [0] * 4]
    assert labels.known.tolist() == [[False, True, True, True], [True] * 4, [True] * 4]


@pytest.mark.parametrize("turned", [False, True])
def test_a_structure_inside_another_is_refused_with_both_and_the_number_of_voxels(tmp_path, turned):
    cases(tmp_path)
    masks = tmp_path / "s0001" / "segmentations"
    inner, outer = (masks / f"{name}.nii.gz" for name in (("spleen", "liver") if turned else ("liver", "spleen")))
    volume(inner, block(5, 3, 4), AFFINE)
    volume(outer, block(5, 3, 4, size=3), AFFINE)
    dataset = opened(tmp_path)
    (line,) = problems(dataset)
    assert line == f"{inner}: lies inside {outer}: 8 of its 8 voxels are the other's too"


@pytest.mark.parametrize(
    ("array", "affine", "match"),
    [
        (block(0, 0, 0) * 3, AFFINE, "holds other values than 0 and 1"),
        (block(0, 0, 0).astype(np.int16) - 1, AFFINE, "holds other values than 0 and 1"),
        (block(0, 0, 0) * 255 + block(4, 4, 4), AFFINE, "holds other values than 0 and 1"),
        (block(0, 0, 0) * 0.5, AFFINE, "fractions"),
        (block(0, 0, 0, shape=(8, 9, 5)), AFFINE, "has the shape 8x9x5, but its image"),
        (block(0, 0, 0), np.diag([-1.5, 1.5, 2.0, 1.0]), "lies elsewhere than its image"),
    ],
)
def test_a_mask_that_is_none_is_the_fault_of_its_case(tmp_path, array, affine, match):
    cases(tmp_path)
    bad = tmp_path / "s0001" / "segmentations" / "liver.nii.gz"
    volume(bad, array, affine)
    dataset = opened(tmp_path)
    (line,) = problems(dataset)
    assert line.startswith(f"{bad}: ")
    assert match in line


def test_values_follow_the_names_and_not_the_files(tmp_path):
    for name in ("a", "b"):
        png(tmp_path / name / "photo.png")
        mask(tmp_path / name / "masks" / "disc.png", (0, 0))
        mask(tmp_path / name / "masks" / "disc-rim.png", (0, 1))  # as a file it comes before disc.png
    labels = opened(tmp_path)["a"].truth(LabelMap)
    assert labels.labels == {1: "disc", 2: "disc-rim"}
    assert labels.array[0].tolist() == [1, 2, 0, 0]


def test_masks_of_255_are_masks_of_1(tmp_path):
    for name in ("a", "b"):
        png(tmp_path / name / "photo.png")
        mask(tmp_path / name / "masks" / "disc.png", (0, 0), (1, 1))
        mask(tmp_path / name / "masks" / "cup.png", (2, 3), value=1)
    labels = opened(tmp_path)["a"].truth(LabelMap)
    assert labels.labels == {1: "cup", 2: "disc"}
    assert labels.array.tolist() == [[2, 0, 0, 0], [0, 2, 0, 0], [0, 0, 0, 1]]


def test_cases_that_lack_something_are_said(tmp_path):
    cases(tmp_path, 5)
    shutil.rmtree(tmp_path / "s0000" / "segmentations")
    (tmp_path / "s0001" / "ct.nii.gz").unlink()
    volume(tmp_path / "s0002" / "mr.nii.gz")
    text(tmp_path / "s0003" / "segmentations" / "notes.txt", "drawn by hand")
    dataset = opened(tmp_path)
    assert [one.id for one in dataset] == ["s0000", "s0003", "s0004"]
    assert {problem.case: problem.what for problem in dataset.problems} == {
        "s0000": "has no folder of masks",
        "s0001": "holds 0 images; one is expected",
        "s0002": "holds 2 images; one is expected",
    }
    assert "s0003/segmentations/notes.txt" in dataset.unclaimed


@pytest.mark.parametrize("names", [("1", "2"), ("mask_1", "mask_2"), ("nucleus 01", "nucleus 02")])
def test_objects_that_are_numbered_are_no_structures(tmp_path, names):
    for folder in ("a", "b"):
        png(tmp_path / folder / "cells.png")
        for number, name in enumerate(names):
            mask(tmp_path / folder / "masks" / f"{name}.png", (number, 0))
    with pytest.raises(Refused, match="not laid out as structure_masks"):
        opened(tmp_path, layout="structure_masks")


def test_objects_of_other_names_in_each_case_are_no_structures(tmp_path):
    for folder in ("a", "b"):
        png(tmp_path / folder / "cells.png")
        for number in range(3):
            mask(tmp_path / folder / "masks" / f"{folder}{number}f3.png", (number, 0))
    with pytest.raises(Refused, match="not laid out as structure_masks"):
        opened(tmp_path, layout="structure_masks")


def test_no_more_is_held_than_the_label_map_and_one_mask(tmp_path):
    shape, structures = (128, 128, 100), [f"rib_{side}_{n}" for side in ("left", "right") for n in range(1, 13)]
    volume(tmp_path / "a" / "ct.nii.gz", np.zeros(shape, np.int16))
    for number, name in enumerate(structures):
        volume(tmp_path / "a" / "segmentations" / f"{name}.nii.gz", block(4 * number, 0, 0, shape=shape))
    answer = opened(tmp_path)["a"].truths["labels"].answer
    tracemalloc.start()
    labels = answer.load()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(np.unique(labels.array)) == 1 + len(structures)
    assert most < 5 * labels.array.nbytes  # the map, and a mask while it is unpacked


def test_masks_that_overlap_are_not_held_either(tmp_path):
    shape, count = (60, 64, 100), 24
    volume(tmp_path / "a" / "ct.nii.gz", np.zeros(shape, np.int16))
    for number in range(count):
        array = np.zeros(shape, np.uint8)
        array[:, :12] = 1  # all of them
        array[:, 12 + 2 * number : 14 + 2 * number] = 1
        volume(tmp_path / "a" / "segmentations" / f"{'abcdefghijklmnopqrstuvwx'[number]}_bone.nii.gz", array)
    answer = opened(tmp_path)["a"].truths["labels"].answer
    tracemalloc.start()
    labels = answer.load()
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5 * labels.array.nbytes
    assert labels.shared == {("a_bone", name): 60 * 12 * 100 for name in list(labels.labels.values())[1:]}
    assert np.all(labels.array[:, :12] == labels.ignore)
    assert [len(np.unique(labels.array[:, at])) for at in range(12, 60)] == [1] * 48
    assert labels.array[0, 12::2, 0].tolist() == [*labels.labels, 0, 0]


def test_a_structure_inside_others_together_is_refused(tmp_path):
    for name in ("a", "b"):
        png(tmp_path / name / "photo.png", np.zeros((4, 60), np.uint8))
        for structure, start, stop in (("cup", 0, 30), ("disc", 10, 50), ("vessel", 30, 60)):
            array = np.zeros((4, 60), np.uint8)
            array[:, start:stop] = 1
            png(tmp_path / name / "masks" / f"{structure}.png", array)
    with pytest.raises(Refused) as refusal:
        opened(tmp_path)["a"].truth(LabelMap)
    said = "lies inside others together, most in cup.png and vessel.png: 160 of its 160 voxels"
    assert str(refusal.value).startswith(f"{tmp_path / 'a' / 'masks' / 'disc.png'}: {said}")


def test_more_structures_than_half_a_byte_counts(tmp_path):
    names = [f"{a}{b}" for a in "abcdefghijklmnop" for b in "abcdefghijk"]  # 176: twice as many pass 255
    for case_id in ("a", "b"):
        png(tmp_path / case_id / "photo.png", np.zeros((2, 200), np.uint8))
        for number, name in enumerate(names):
            array = np.zeros((2, 200), np.uint8)
            array[0, number : number + 2] = array[1, number] = 1
            png(tmp_path / case_id / "masks" / f"{name}.png", array)
    labels = opened(tmp_path)["a"].truth(LabelMap)
    assert (labels.array.dtype, labels.ignore) == (np.uint8, 177)
    assert labels.array[0, :178].tolist() == [1, *[177] * 175, 176, 0]
    assert labels.array[1, :177].tolist() == [*range(1, 177), 0]
    assert labels.shared == dict.fromkeys(pairwise(names), 1)
