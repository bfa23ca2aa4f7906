"""Images with YOLO's texts of boxes, in the arrangements that people have."""

import shutil

import numpy as np
import pytest
from made_folders import opened, png, text

from hounsfield.audit.checks.boxes import CHECK as BOXES
from hounsfield.audit.running import Audit
from hounsfield.values import Boxes, Refused

SIZE = np.zeros((10, 20), np.uint8)
LINE = "0 0.5 0.5 0.2 0.4"
CORNERS = [[[2.5, 7.5], [6.5, 11.5]]]  # edges 8 to 12 of 20 columns, 3 to 7 of 10 rows


def image(folder, images, labels, *lines):
    png(folder / images, SIZE)
    if labels is not None:
        text(folder / labels, *lines or (LINE,))


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        ("images/{part}/{name}.png", "labels/{part}/{name}.txt"),
        ("{part}/images/{name}.png", "{part}/labels/{name}.txt"),
        ("{part}/{name}.png", "{part}/{name}.txt"),
        ("set/images/{part}2017/{name}.png", "set/labels/{part}2017/{name}.txt"),
    ],
)
def test_the_folders_say_the_part(tmp_path, images, labels):
    for part, name in (("train", "a"), ("train", "b"), ("val", "c"), ("test", "d")):
        image(tmp_path, images.format(part=part, name=name), labels.format(part=part, name=name))
    text(tmp_path / "data.yaml", "train: train", "nc: 1", "names: [polyp]")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task, dataset.problems, dataset.notes) == ("yolo", "detection", (), ())
    found = {one.id: one.split for one in dataset}
    assert found == {"a": "training", "b": "training", "c": "validation", "d": "test"}
    assert dataset["d"].truth(Boxes).labels == ("polyp",)
    assert dataset["d"].truth(Boxes).corners_index.tolist() == CORNERS
    assert dataset.unclaimed == ()


@pytest.mark.parametrize("folders", [("images", "labels"), ("", ""), ("obj_train_data", "obj_train_data")])
def test_without_parts_the_lists_of_images_say_them(tmp_path, folders):
    images, labels = (tmp_path / folder for folder in folders)
    for name in "abcd":
        image(tmp_path, images / f"{name}.png", labels / f"{name}.txt")
    text(tmp_path / "obj.names", "polyp")
    text(tmp_path / "train.txt", "data/obj_train_data/a.png", "./b.png", "gone.png")
    text(tmp_path / "val.txt", "c.png", "d.png")
    text(tmp_path / "test.txt", "d.png")
    dataset = opened(tmp_path)
    found = {one.id: one.split for one in dataset}
    assert found == {"a": "training", "b": "training", "c": "validation", "d": "test"}
    said = [str(problem).removeprefix(f"{tmp_path}/") for problem in dataset.problems]
    assert said[0].startswith("train.txt: lists gone.png, which is not there, or several times")
    assert dataset.problems[0].case == "gone"
    assert said[1].startswith("val.txt: lists d.png, which is in the part test already")
    assert {one.truth(Boxes).labels for one in dataset} == {("polyp",)}
    assert dataset.unclaimed == ()


def test_an_image_without_a_text_holds_nothing_and_is_counted(tmp_path):
    image(tmp_path, "images/train/a.png", "labels/train/a.txt")
    image(tmp_path, "images/train/b.png", None)
    image(tmp_path, "images/train/c.png", "labels/train/c.txt", "")
    (tmp_path / "labels/train/d.txt").write_bytes(b"")
    image(tmp_path, "images/train/d.png", None)
    image(tmp_path, "images/test/e.png", None)
    image(tmp_path, "images/more/f.png", None)
    text(tmp_path / "labels/train/orphan.txt", LINE)
    dataset = opened(tmp_path)
    counts = {one.id: len(one.truth(Boxes)) if one.truths else None for one in dataset}
    assert counts == {"a": 1, "b": 0, "c": 0, "d": 0, "e": None, "f": None}
    assert dataset.notes == ("1 of 4 images have no .txt and count as images without objects",)
    assert [(problem.case, problem.what) for problem in dataset.problems] == [
        ("f", "has no .txt in labels/more, nor has any image beside it")
    ]
    assert dataset.unclaimed == ("labels/train/orphan.txt",)
    assert dataset["a"].truth(Boxes).labels == ("0",), "without names, the number is the name"


def test_outlines_and_confidences_are_said(tmp_path):
    image(tmp_path, "images/a.png", "labels/a.txt", "0 0.4 0.3 0.6 0.3 0.6 0.7 0.4 0.7", LINE)
    image(tmp_path, "images/b.png", "labels/b.txt", f"{LINE} 0.83")
    image(tmp_path, "images/c.png", "labels/c.txt", LINE)
    dataset = opened(tmp_path)
    assert dataset.notes == (
        "1 of 3 texts have outlines, of which the boxes around them are read",
        "1 of 3 texts have a confidence behind their boxes, as a model's do; it is left out",
    )
    assert dataset["a"].truth(Boxes).corners_index == pytest.approx(np.array([CORNERS[0]] * 2))


def test_a_wrong_text_is_the_fault_of_its_own_case_and_doubled_boxes_are_found(tmp_path):
    image(tmp_path, "images/a.png", "labels/a.txt", LINE, "0 0.5 0.5 0.2 1.4")
    image(tmp_path, "images/b.png", "labels/b.txt", LINE, LINE)
    dataset = opened(tmp_path)
    with pytest.raises(Refused, match=r"labels/a\.txt, line 2: has the height '1\.4'"):
        dataset["a"].truth(Boxes)
    audit = Audit([BOXES])
    for one in dataset:
        audit.look(one)
    doubled = [fault for fault in audit.faults(dataset) if fault.check == "boxes"]
    assert [fault.cases for fault in doubled] == [("b",)]


def test_names_that_contradict_each_other_are_said_and_those_not_read_refused(tmp_path):
    image(tmp_path, "images/a.png", "labels/a.txt")
    text(tmp_path / "data.yaml", "names:", "  0: polyp", "  1: lesion")
    text(tmp_path / "labels" / "classes.txt", "dog", "person")
    dataset = opened(tmp_path)
    assert dataset["a"].truth(Boxes).labels == ("polyp",)
    (problem,) = dataset.problems
    assert problem.where == str(tmp_path / "labels" / "classes.txt")
    assert "names the classes otherwise than data.yaml, which is taken" in problem.what
    before = dataset["a"].digest()
    text(tmp_path / "data.yaml", "names: [polyp, ulcer]")
    assert opened(tmp_path)["a"].digest() != before
    text(tmp_path / "data.yaml", "names: [polyp")
    with pytest.raises(Refused, match=r"data\.yaml, line 1: has `names` in a form that is not read"):
        opened(tmp_path)


@pytest.mark.parametrize("lines", [["a picture of two cells"], ["0 1 2 3 4"], ["0.5 0.5 0.2 0.4"]])
def test_other_texts_beside_images_are_none_of_yolo(tmp_path, lines):
    for name in "ab":
        image(tmp_path, f"images/{name}.png", f"labels/{name}.txt", *lines)
    with pytest.raises(Refused, match="not laid out as yolo"):
        opened(tmp_path, layout="yolo")


def test_a_zip_is_read(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    for name in "ab":
        image(tmp_path / "x", f"valid/images/{name}.png", f"valid/labels/{name}.txt")
    text(tmp_path / "x" / "data.yaml", "names: [polyp]")
    dataset = opened(shutil.make_archive(str(tmp_path / "set"), "zip", tmp_path / "x"))
    assert (dataset.layout, [one.split for one in dataset]) == ("yolo", ["validation"] * 2)
    assert dataset["a"].truths["boxes"].answer.where == f"{tmp_path / 'set.zip'}::valid/labels/a.txt"
    assert dataset["b"].truth(Boxes).labels == ("polyp",)


def test_settings_of_a_training_beside_the_set_are_passed_over(tmp_path):
    for name in "ab":
        image(tmp_path, f"images/{name}.png", f"labels/{name}.txt")
    text(tmp_path / "data.yaml", "names: [polyp]")
    text(tmp_path / "hyp.yaml", "lr0: 0.01", "names:", "  optimizer: SGD", "  run: first")
    dataset = opened(tmp_path)
    assert (dataset.problems, dataset.unclaimed) == ((), ("hyp.yaml",))
    assert dataset["a"].truth(Boxes).labels == ("polyp",)
