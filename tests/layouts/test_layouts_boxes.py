"""Folders of images with COCO annotations or tables of boxes."""

import csv
import json
from collections import Counter
from importlib import import_module
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image as Pillow

from hounsfield.layouts.opening import open_folder
from hounsfield.values import Boxes, Refused

NAMES = ["boxes_table", "class_folders", "coco", "decathlon", "delimited", "image_mask", "single_images", "voc"]
LAYOUTS = {name: import_module(f"hounsfield.layouts.{name}").LAYOUT for name in NAMES}


def opened(folder):
    return open_folder(folder, LAYOUTS)


def png(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.zeros((10, 20), np.uint8)).save(path)


def coco(path, *names, boxes=1, categories=({"id": 1, "name": "cell"},)):
    path.parent.mkdir(parents=True, exist_ok=True)
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    annotations = [
        {"image_id": n, "category_id": 1, "bbox": [1, 2, 3, 4]} for n in range(len(names)) for _ in range(boxes)
    ]
    path.write_text(json.dumps({"images": images, "annotations": annotations, "categories": list(categories)}))


# COCO


def test_one_file_of_annotations(tmp_path):
    for name in "abc":
        png(tmp_path / "images" / f"{name}.png")
    coco(tmp_path / "annotations.json", "a.png", "images/b.png")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("coco", "detection")
    assert [case.id for case in dataset] == ["a", "b"]
    assert dataset["a"].truth(Boxes).corners_index.tolist() == [[[1.5, 0.5], [5.5, 3.5]]]
    assert dataset["a"].split is None
    assert dataset.unclaimed == ("images/c.png",)


@pytest.mark.parametrize(
    "places",
    [
        (
            "train2017/{}.png",
            "val2017/{}.png",
            "annotations/instances_train2017.json",
            "annotations/instances_val2017.json",
        ),
        ("train/{}.png", "valid/{}.png", "train/_annotations.coco.json", "valid/_annotations.coco.json"),
        ("images/{}.png", "images/{}.png", "train.json", "val.json"),
    ],
)
def test_a_file_for_each_part(tmp_path, places):
    first, second, train, validation = places
    png(tmp_path / first.format("a"))
    png(tmp_path / second.format("b"))
    coco(tmp_path / train, "a.png")
    coco(tmp_path / validation, "b.png")
    assert {case.id: case.split for case in opened(tmp_path)} == {"a": "training", "b": "validation"}


def test_folders_say_the_part_where_one_list_is_there_for_all(tmp_path):
    for part, name in (("train", "a"), ("test", "b")):
        png(tmp_path / "coco" / "images" / part / f"{name}.png")
        png(tmp_path / "table" / "images" / part / f"{name}.png")
    coco(tmp_path / "coco" / "all.json", "a.png", "b.png")
    (tmp_path / "table" / "boxes.csv").write_text("filename,xmin,ymin,xmax,ymax\na.png,1,2,4,6\nb.png,1,2,4,6\n")
    for layout in ("coco", "table"):
        assert {case.id: case.split for case in opened(tmp_path / layout)} == {"a": "training", "b": "test"}


def test_a_list_of_two_parts_leaves_them_to_the_folders(tmp_path):
    for part, name in (("train", "a"), ("val", "b"), ("test", "c")):
        png(tmp_path / part / f"{name}.png")
    coco(tmp_path / "train_val.json", "a.png", "b.png")
    coco(tmp_path / "test.json", "c.png")
    assert {case.id: case.split for case in opened(tmp_path)} == {"a": "training", "b": "validation", "c": "test"}


def test_equal_names_in_two_parts(tmp_path):
    for part in ("train", "test"):
        png(tmp_path / part / "1.png")
        coco(tmp_path / part / "labels.json", "1.png")
    dataset = opened(tmp_path)
    assert {case.id: case.split for case in dataset} == {"train_1.png": "training", "test_1.png": "test"}
    assert not dataset.problems


def test_lists_without_annotations_say_nothing(tmp_path):
    png(tmp_path / "a.png")
    png(tmp_path / "b.png")
    coco(tmp_path / "train.json", "a.png")
    coco(tmp_path / "image_info_test.json", "b.png", boxes=0)
    dataset = opened(tmp_path)
    assert {case.id: list(case.truths) for case in dataset} == {"a": ["boxes"], "b": []}


def test_what_does_not_fit_together_is_told(tmp_path):
    png(tmp_path / "a.png")
    png(tmp_path / "b.png")
    coco(tmp_path / "one.json", "a.png", "../none.png")
    coco(tmp_path / "two.json", "a.png", "b.png")
    (tmp_path / "zero.json").write_text('{"images": 1, "categories": 2}')
    told = sorted(str(problem) for problem in opened(tmp_path).problems)
    assert len(told) == 3
    assert "one.json: lists ../none.png, which is not there, or several times" in told[0]
    assert "two.json: lists 1 image a second time, a.png (also in one.json) first" in told[1]
    assert "zero.json: is no file of COCO annotations" in told[2]


def test_a_wrong_box_is_the_fault_of_its_own_case(tmp_path):
    png(tmp_path / "a.png")
    coco(tmp_path / "one.json", "a.png", categories=())
    with pytest.raises(Refused, match="unknown category 1"):
        opened(tmp_path)["a"].truth(Boxes)


# tables


def test_images_and_a_table(tmp_path):
    for name in "abc":
        png(tmp_path / "images" / f"{name}.png")
    (tmp_path / "boxes.csv").write_text(
        "filename,xmin,ymin,xmax,ymax,class\na.png,1,2,4,6,cell\na.png,0,0,20,10,\nb,,,,,\nd.png,1,2,3,4,cell\n"
    )
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("boxes_table", "detection")
    assert {case.id: list(case.truths) for case in dataset} == {"a": ["boxes"], "b": ["boxes"], "c": []}
    assert len(dataset["b"].truth(Boxes)) == 0
    assert "lists d.png, which is not there, or several times" in dataset.problems[0].what
    assert dataset.problems[0].case == "d"
    with pytest.raises(Refused, match="line 3: has a box without a class"):
        dataset["a"].truth(Boxes)


def test_a_table_for_each_part(tmp_path):
    for part, name in (("train", "a"), ("valid", "b")):
        png(tmp_path / part / f"{name}.png")
        (tmp_path / part / "_annotations.csv").write_text(
            f"filename,width,height,class,xmin,ymin,xmax,ymax\n{name}.png,20,10,cell,1,2,4,6\n"
        )
    dataset = opened(tmp_path)
    assert {case.id: case.split for case in dataset} == {"a": "training", "b": "validation"}
    assert dataset["b"].truth(Boxes).corners_index.tolist() == [[[1.5, 0.5], [5.5, 3.5]]]


def test_a_table_of_boxes_without_images_is_another_s(tmp_path):
    (tmp_path / "boxes.csv").write_text("filename,xmin,ymin,xmax,ymax,class\na.png,1,2,4,6,cell\n")
    assert opened(tmp_path).layout == "delimited"


# the blood cells, told again in both ways


@pytest.fixture
def cells(data_root):
    """VOC's own numbers of each picture: name -> (class, xmin, ymin, xmax, ymax), and the list each stands in."""
    folder = data_root / "blood_cells" / "BCCD"
    found = {}
    for path in sorted((folder / "Annotations").glob("*.xml")):
        found[path.stem] = [
            (one.findtext("name"), *(int(one.findtext(f"bndbox/{e}")) for e in ("xmin", "ymin", "xmax", "ymax")))
            for one in ElementTree.parse(path).iter("object")
        ]
    lists = {part: (folder / "ImageSets/Main" / f"{part}.txt").read_text().split() for part in ("train", "val", "test")}
    return folder, found, lists


def linked(folder, other):
    other.mkdir()
    for path in folder.iterdir():
        (other / path.name).symlink_to(path)


def as_voc(folder):
    return {case.id: (case.truth(Boxes), case.split) for case in opened(folder)}


@pytest.mark.data
def test_the_blood_cells_as_coco(cells, tmp_path):
    folder, found, lists = cells
    linked(folder / "JPEGImages", tmp_path / "images")
    classes = ["RBC", "WBC", "Platelets"]
    for part, names in lists.items():
        annotations = [
            {
                "image_id": name,
                "category_id": classes.index(label),
                "bbox": [left - 1, top - 1, right - left + 1, bottom - top + 1],  # VOC counts from 1, inclusively
                "iscrowd": int(left == right and top == bottom),
            }
            for name in names
            for label, left, top, right, bottom in found[name]
        ]
        images = [{"id": name, "file_name": f"{name}.jpg", "width": 640, "height": 480} for name in names]
        categories = [{"id": number, "name": label} for number, label in enumerate(classes)]
        data = {"images": images, "annotations": annotations, "categories": categories}
        (tmp_path / f"{part}.json").write_text(json.dumps(data))
    dataset = open_folder(tmp_path, LAYOUTS)
    assert (dataset.layout, len(dataset), dataset.problems) == ("coco", 230, ())
    assert Counter(case.split for case in dataset) == {"training": 130, "validation": 54, "test": 46}
    again = {case.id: (case.truth(Boxes), case.split) for case in dataset}
    assert again == as_voc(folder)


@pytest.mark.data
def test_the_blood_cells_as_a_table(cells, tmp_path):
    folder, found, _ = cells
    linked(folder / "JPEGImages", tmp_path / "images")
    with open(tmp_path / "cells.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["filename", "class", "xmin", "ymin", "xmax", "ymax", "difficult"])
        for name, boxes in found.items():
            for label, left, top, right, bottom in boxes:
                is_point = left == right and top == bottom
                writer.writerow([f"{name}.jpg", label, left - 1, top - 1, right, bottom, int(is_point)])
    dataset = open_folder(tmp_path, LAYOUTS)
    assert (dataset.layout, len(dataset), dataset.problems) == ("boxes_table", 230, ())
    assert {case.id: case.truth(Boxes) for case in dataset} == {
        name: boxes for name, (boxes, _) in as_voc(folder).items()
    }
