"""HDF5 files with an image, labels and scribbles, as the prepared sets of ACDC are."""

import sys

import h5py
import numpy as np
import pytest
from PIL import Image as Pillow

from hounsfield.formats import hdf5, hdf5_file
from hounsfield.layouts import hdf5 as layout
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.opening import open_folder
from hounsfield.registry.tables import LAYOUTS
from hounsfield.values import LabelMap, Refused

IMAGE = np.random.default_rng(0).normal(size=(12, 10)).astype(np.float32)
LABEL = (np.arange(120).reshape(12, 10) // 20 % 4).astype(np.uint8)
SCRIBBLE = np.where(np.arange(120).reshape(12, 10) % 7 == 0, LABEL, 4).astype(np.uint8)


def opened(folder, **options):
    return open_folder(folder, {name: LAYOUTS.load(name) for name in LAYOUTS.names()}, **options)


def write(path, **content):
    path.parent.mkdir(parents=True, exist_ok=True)
    with h5py.File(path, "w") as file:
        for name, value in content.items():
            file[name] = value


@pytest.fixture
def slices(tmp_path):
    folder = tmp_path / "ACDC"
    for patient in (1, 2):
        for k in range(3):
            name = f"patient{patient:03d}_frame01_slice_{k}.h5"
            write(folder / "ACDC_training_slices" / name, image=IMAGE + k, label=LABEL, scribble=SCRIBBLE)
        write(
            folder / "ACDC_training_volumes" / f"patient{patient:03d}_frame01.h5", image=IMAGE[None], label=LABEL[None]
        )
    (folder / "train.list").write_text("patient001\n")
    return folder


def test_slices_of_acdc(slices):
    dataset = opened(slices)
    assert (dataset.layout, dataset.task, len(dataset)) == ("hdf5", "segmentation", 6)
    assert "of 8 HDF5 files looked into, 8 with an image and its labels" in dataset.why
    assert {case.patient for case in dataset} == {"patient001", "patient002"}
    assert not dataset.problems
    volumes = {f"ACDC_training_volumes/patient00{patient}_frame01.h5" for patient in (1, 2)}
    assert set(dataset.unclaimed) == {"train.list", *volumes}
    assert dataset.notes == ("ACDC_training_volumes: images of 3 axes beside others of 2, left out",)
    case = dataset["patient002_frame01_slice_1"]
    assert np.array_equal(case.inputs["image"].load().array()[0], IMAGE + 1)
    labels = case.truth(LabelMap)
    assert np.array_equal(labels.array, LABEL)
    assert labels.labels == {1: "label_1", 2: "label_2", 3: "label_3"}
    assert labels.ignore is None
    assert labels.grid == case.inputs["image"].load().grid


def test_folders_are_parts_of_the_split(tmp_path):
    for part, patient in (("train", 1), ("train", 2), ("val", 3)):
        for k in range(2):
            write(tmp_path / part / f"p{patient}_slice_{k}.h5", image=IMAGE, label=LABEL)
    dataset = opened(tmp_path)
    assert {case.patient: case.split for case in dataset} == {"p1": "training", "p2": "training", "p3": "validation"}
    assert (len(dataset), dataset.unclaimed) == (6, ())


def test_equal_names_in_two_folders_are_two_patients(tmp_path):
    for part in ("train", "val"):
        write(tmp_path / part / "p1_slice_0.h5", image=IMAGE, label=LABEL)
    write(tmp_path / "train" / "p1_slice_1.h5", image=IMAGE, label=LABEL)
    assert {case.id: case.patient for case in opened(tmp_path)} == {
        "train_p1_slice_0.h5": "train_p1",
        "p1_slice_1": "train_p1",
        "val_p1_slice_0.h5": "val_p1",
    }


def test_digests_are_read_in_parts_that_are_bounded(tmp_path, monkeypatch):
    volume = np.arange(6 * 5 * 4, dtype=np.int16).reshape(6, 5, 4)
    write(tmp_path / "a.h5", image=volume, label=(volume % 3).astype(np.uint8))
    whole = opened(tmp_path)["a"].digest()
    sizes = []
    monkeypatch.setattr(hdf5_file, "PART", 3 * 4 * 2)  # three rows of the image
    monkeypatch.setattr(layout, "parts_of", lambda *asked: measured(sizes, hdf5.parts_of(*asked)))
    assert opened(tmp_path)["a"].digest() == whole
    assert max(sizes) == 24
    assert sum(sizes) == 6 * 5 * 4 * (2 + 1)


def measured(sizes, parts):
    for part in parts:
        sizes.append(part.nbytes)
        yield part


def test_scribbles_leave_the_rest_unknown(slices):
    assert "--target scribble" in opened(slices).task_why
    case = opened(slices, options=ReadOptions(target="scribble"))["patient001_frame01_slice_0"]
    strokes = case.truth(LabelMap)
    assert (strokes.ignore, set(strokes.labels)) == (4, {1, 2, 3})
    assert np.array_equal(strokes.known, SCRIBBLE != 4)
    assert case.truths["labels"].rater == "scribble"


def test_scribbles_alone_are_the_truth(tmp_path):
    for k in range(3):
        write(tmp_path / f"case_{k}.hdf5", img=IMAGE, scribble=SCRIBBLE)
    dataset = opened(tmp_path)
    assert dataset.layout == "hdf5"
    assert dataset["case_1"].truth(LabelMap).ignore == 4
    for k in range(3):
        write(tmp_path / f"case_{k}.hdf5", img=IMAGE, scribble=np.where(SCRIBBLE == 4, 0, SCRIBBLE))
    dataset = opened(tmp_path)
    assert not dataset["case_1"].truths
    assert "do not tell what is not marked" in str(dataset.problems[0])


def test_several_images_are_roles(tmp_path):
    write(tmp_path / "a.h5", t1=IMAGE, FLAIR=IMAGE * 2, seg=LABEL)
    case = opened(tmp_path)["a"]
    assert list(case.inputs) == ["t1", "flair"]
    assert np.array_equal(case.inputs["flair"].load().array()[0], IMAGE * 2)


def test_digests_are_those_of_the_numbers(tmp_path):
    write(tmp_path / "a.h5", image=IMAGE, label=LABEL)
    write(tmp_path / "b.h5", label=LABEL * 0, image=IMAGE)
    one, other = opened(tmp_path)
    assert one.inputs["image"].digest() == other.inputs["image"].digest()
    assert one.truths["labels"].answer.digest() != other.truths["labels"].answer.digest()


def test_what_is_wrong_with_single_files_is_said(tmp_path):
    write(tmp_path / "a.h5", image=IMAGE, label=LABEL)
    write(tmp_path / "b.h5", image=IMAGE)
    write(tmp_path / "c.h5", weights=np.zeros((3, 3)))
    write(tmp_path / "d.h5", image=IMAGE, label=LABEL[:5])
    (tmp_path / "e.h5").write_bytes((tmp_path / "a.h5").read_bytes()[:700])
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["a", "b", "d"]
    said = " ".join(map(str, dataset.problems))
    assert "b.h5: holds no labels (image)" in said
    assert "c.h5: holds no data set named as an image (weights)" in said
    assert "e.h5: is cut short" in said
    with pytest.raises(Refused, match=r"d.h5::label: has the shape 5x10, but image beside it has 12x10"):
        dataset["d"].truth(LabelMap)


def test_one_file_and_files_of_images_alone(tmp_path):
    write(tmp_path / "a.h5", image=IMAGE, label=LABEL)
    assert opened(tmp_path / "a.h5")["a"].has_truth(LabelMap)
    write(tmp_path / "a.h5", image=IMAGE)
    dataset = opened(tmp_path)
    assert dataset.layout == "single_images"
    assert np.array_equal(dataset["a"].inputs["image"].load().array()[0], IMAGE)


def test_a_model_beside_class_folders_is_no_image(tmp_path):
    for name in ("cat", "dog"):
        (tmp_path / name).mkdir()
        Pillow.fromarray(LABEL).save(tmp_path / name / "a.png")
    write(tmp_path / "model.h5", weights=np.zeros((3, 3)))
    np.save(tmp_path / "features.npy", IMAGE)
    dataset = opened(tmp_path)
    assert (dataset.layout, len(dataset)) == ("class_folders", 2)
    assert dataset.unclaimed == ("features.npy", "model.h5")


def test_without_h5py_the_command_is_named(slices, monkeypatch):
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(Refused, match=r"pip install 'hounsfield\[hdf5\]'"):
        opened(slices)


def test_a_mask_in_pixels_lies_on_a_picture_in_millimetres(tmp_path):
    for folder in ("images", "masks"):
        (tmp_path / folder).mkdir()
    Pillow.fromarray(LABEL * 9).save(tmp_path / "images" / "a.tif", dpi=(254, 254))
    Pillow.fromarray(LABEL).save(tmp_path / "masks" / "a.png")
    case = opened(tmp_path)["a"]
    assert case.inputs["image"].load().grid.spacing == pytest.approx((0.1, 0.1))
    assert case.truth(LabelMap).grid == case.inputs["image"].load().grid
