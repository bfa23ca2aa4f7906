"""Boxes that one file lists for many pictures: COCO and tables."""

import json

import pytest

from hounsfield.formats import boxes_coco, boxes_table
from hounsfield.formats.boxes import boxes_of
from hounsfield.values import Grid, Refused

GRID = Grid.picture((10, 20))
CATEGORIES = [{"id": 1, "name": "cell"}, {"id": 7, "name": "platelet"}]


def coco(tmp_path, *annotations, images=None, categories=CATEGORIES, **more):
    images = [{"id": 3, "file_name": "a.png"}] if images is None else images
    data = {"images": images, "annotations": list(annotations), "categories": categories, **more}
    (tmp_path / "a.json").write_text(json.dumps(data))
    return tmp_path / "a.json"


def box(*bbox, category=1, image=3, **more):
    return {"image_id": image, "category_id": category, "bbox": list(bbox), **more}


def read(tmp_path, *annotations, **more):
    found = boxes_coco.read_annotations(coco(tmp_path, *annotations, **more))
    return found.boxes(found.pictures[0], GRID)


def test_coco_counts_edges_from_zero(tmp_path):
    # the whole picture of 10 rows and 20 columns, its last pixel, and a box of halves
    boxes = read(tmp_path, box(0, 0, 20, 10), box(19, 9, 1, 1, category=7), box(0.5, 1.25, 2, 3))
    assert boxes.corners_index.tolist() == [
        [[-0.5, -0.5], [9.5, 19.5]],
        [[8.5, 18.5], [9.5, 19.5]],
        [[0.75, 0.0], [3.75, 2.0]],
    ]
    assert boxes.labels == ("cell", "platelet", "cell")
    assert not boxes.ignore.any()


def test_crowds_and_boxes_without_width_are_not_counted(tmp_path):
    boxes = read(tmp_path, box(1, 1, 5, 5, iscrowd=1), box(1, 1, 5, 5, iscrowd=0), box(5, 5, 0, 3))
    assert boxes.ignore.tolist() == [True, False, True]


def test_pictures_without_objects_and_objects_without_pictures(tmp_path):
    images = [{"id": "x", "file_name": "a.png", "height": 10, "width": 20}, {"id": "y", "file_name": "b.png"}]
    path = coco(tmp_path, box(1, 1, 2, 2, image="y"), box(1, 1, 2, 2, image="z"), images=images)
    found = boxes_coco.read_annotations(path)
    assert [picture.file_name for picture in found.pictures] == ["a.png", "b.png"]
    assert [len(found.boxes(picture, GRID)) for picture in found.pictures] == [0, 1]
    assert (found.orphans, found.has_boxes) == (1, True)
    with pytest.raises(Refused, match=r"states 20 x 10 pixels for a\.png, which has 30 x 10"):
        found.boxes(found.pictures[0], Grid.picture((10, 30)))
    outlines = boxes_coco.read_annotations(coco(tmp_path, {"image_id": 3, "category_id": 1, "segmentation": []}))
    assert (outlines.has_objects, outlines.has_boxes) == (True, False)
    listed = boxes_coco.read_annotations(coco(tmp_path))
    assert (listed.has_objects, listed.has_boxes) == (False, False)


@pytest.mark.parametrize(
    ("annotations", "message"),
    [
        ([box(1, 1, 2)], "annotation 1: has no bbox of four numbers"),
        ([box(1, 1, 2, "x")], "annotation 1: has no bbox of four numbers"),
        ([box(1, 1, 2, float("nan"))], "annotation 1: has no bbox of four numbers"),
        ([box(1, 1, 2, 2), box(1, 1, -2, 2)], "annotation 2: has a box with a negative size"),
        ([box(1, 1, 99, 2)], "outside the picture of 20 x 10 pixels"),
        ([box(1, 1, 2, 2, category=5)], "annotation 1: has the unknown category 5"),
        ([box(1, 1, 2, 2, category=[5])], "annotation 1: has the unknown category"),
        ([box(1, 1, 2, 2, image=[3])], "annotation 1: names no image_id"),
    ],
)
def test_coco_annotations_that_can_not_be(tmp_path, annotations, message):
    with pytest.raises(Refused, match=message):
        read(tmp_path, *annotations)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ([], "no list 'images'"),
        ({"images": [], "annotations": []}, "no list 'categories'"),
        ({"images": [1], "categories": []}, "no list 'images'"),
        ({"images": [{"file_name": "a"}], "categories": []}, "an image without an id"),
        ({"images": [{"id": 1}], "categories": []}, "no file_name for the image 1"),
        ({"images": [{"id": 1, "file_name": "a"}] * 2, "categories": []}, "two images with the id 1"),
        ({"images": [], "categories": [{"name": "cell"}]}, "a category without an id"),
    ],
)
def test_files_that_are_not_coco(tmp_path, content, message):
    (tmp_path / "a.json").write_text(json.dumps(content))
    with pytest.raises(Refused, match=message):
        boxes_coco.read_annotations(tmp_path / "a.json")


# tables


def table(tmp_path, text):
    (tmp_path / "boxes.csv").write_text(text)
    return boxes_table.read_box_table(tmp_path / "boxes.csv")


@pytest.mark.parametrize(
    "text",
    [
        "filename,xmin,ymin,xmax,ymax,class\na.png,2,3,7,9,cell\n",
        "filename,width,height,class,xmin,ymin,xmax,ymax\na.png,20,10,cell,2,3,7,9\n",
        "image_id;x_min;y_min;x_max;y_max;class_name\na.png;2;3;7;9;cell\n",
        "image,x1,y1,x2,y2,label\na.png,2,3,7,9,cell\n",
        "Image,Label,X,Y,W,H\na.png,cell,2,3,5,6\n",
        "patientId,x,y,width,height,class\na.png,2.0,3.0,5.0,6.0,cell\n",
    ],
)
def test_tables_of_boxes_in_their_usual_forms(tmp_path, text):
    found = table(tmp_path, text)
    boxes = boxes_of(found["a.png"], GRID)
    assert boxes.corners_index.tolist() == [[[2.5, 1.5], [8.5, 6.5]]]
    assert boxes.labels == ("cell",)


def test_rows_without_numbers_say_that_nothing_is_there(tmp_path):
    found = table(tmp_path, "file,x,y,w,h,ignore\na.png,1,1,2,2,0\na.png,4,4,2,2,1\nb.png,,,,,\n")
    assert {name: len(boxes) for name, boxes in found.items()} == {"a.png": 2, "b.png": 0}
    boxes = boxes_of(found["a.png"], GRID)
    assert boxes.labels == ("object", "object")
    assert boxes.ignore.tolist() == [False, True]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("file,x,y\na.png,1,2\n", "boxes need an image and xmin"),
        ("x,y,w,h\n1,2,3,4\n", "boxes need an image and xmin"),
        ("file,x,y,w,h\na.png,1,2,three,4\n", "line 2: has 'three' in the column 'w'"),
        ("file,x,y,w,h\n,1,2,3,4\n", "line 2: names no image"),
    ],
)
def test_tables_that_can_not_be_read(tmp_path, text, message):
    with pytest.raises(Refused, match=message):
        table(tmp_path, text)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("a.png,7,3,2,9,cell", "line 3: has a box with a negative size or exchanged corners"),
        ("a.png,2,3,7,,cell", "line 3: has a box with a number missing"),
        ("a.png,2,3,7,9,", "line 3: has a box without a class"),
        ("a.png,2,3,700,9,cell", "line 3: has a box over columns 2 to 700, rows 3 to 9, outside the picture"),
    ],
)
def test_a_wrong_row_costs_its_own_picture_alone(tmp_path, row, message):
    found = table(tmp_path, f"filename,xmin,ymin,xmax,ymax,class\nb.png,2,3,7,9,cell\n{row}\n")
    assert len(boxes_of(found["b.png"], GRID)) == 1
    with pytest.raises(Refused, match=message):
        boxes_of(found["a.png"], GRID)
