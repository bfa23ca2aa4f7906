"""Pascal VOC annotations."""

import numpy as np
import pytest

from hounsfield.formats.boxes_voc import read_boxes
from hounsfield.values import Grid, Refused

OBJECT = "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>{}</ymin><xmax>{}</xmax><ymax>{}</ymax></bndbox></object>"


def written(tmp_path, *objects, before="", size=(10, 20)):
    text = f"<size><width>{size[1]}</width><height>{size[0]}</height></size>" if size else ""
    body = "".join(o if isinstance(o, str) else OBJECT.format(*o) for o in objects)
    (tmp_path / "a.xml").write_text(f"{before}<annotation>{text}{body}</annotation>")
    return tmp_path / "a.xml"


def test_pixels_counted_from_one_and_inclusive_become_index_corners(tmp_path):
    # the whole picture of 10 rows and 20 columns, and its last pixel made into a box of one row and two columns
    boxes = read_boxes(written(tmp_path, ("cell", 1, 1, 20, 10), ("cell", 19, 9, 20, 10)))
    assert boxes.grid == Grid.picture((10, 20))
    assert boxes.corners_index.tolist() == [[[-0.5, -0.5], [9.5, 19.5]], [[7.5, 17.5], [9.5, 19.5]]]
    assert not boxes.ignore.any()


def test_degenerate_and_difficult_boxes_are_not_counted(tmp_path):
    difficult = OBJECT.format("cell", 1, 1, 5, 5).replace("</name>", "</name><difficult>1</difficult>")
    boxes = read_boxes(written(tmp_path, ("cell", 5, 5, 5, 5), ("cell", 5, 5, 9, 5), difficult, ("cell", 5, 5, 6, 6)))
    assert boxes.ignore.tolist() == [True, True, True, False]


def test_a_picture_without_objects(tmp_path):
    assert len(read_boxes(written(tmp_path))) == 0


@pytest.mark.parametrize(
    ("objects", "options", "message"),
    [
        ([("cell", 9, 1, 5, 5)], {}, "object 1: has a corner xmax"),
        ([("cell", 1, 1, 99, 5)], {}, "outside the picture of 20 x 10"),
        ([("cell", 1, 1, "x", 5)], {}, "no number in <xmax>"),
        ([("", 1, 1, 2, 5)], {}, "no name"),
        ([], {"size": None}, "does not state"),
        ([], {"before": '<!DOCTYPE a [<!ENTITY b "ha">]>'}, "DOCTYPE"),
        (["<open>"], {}, "no XML"),
    ],
)
def test_refusals(tmp_path, objects, options, message):
    with pytest.raises(Refused, match=message):
        read_boxes(written(tmp_path, *objects, **options))


def test_entities_are_found_in_any_encoding(tmp_path):
    text = '<?xml version="1.0" encoding="utf-16"?><!DOCTYPE a [<!ENTITY b "ha">]><annotation>&b;</annotation>'
    (tmp_path / "a.xml").write_bytes(text.encode("utf-16"))
    with pytest.raises(Refused, match="DOCTYPE"):
        read_boxes(tmp_path / "a.xml")


@pytest.mark.data
def test_the_blood_cells(data_root):
    folder = data_root / "blood_cells" / "BCCD" / "Annotations"
    found = [read_boxes(path) for path in sorted(folder.glob("*.xml"))]
    names = [name for boxes in found for name in boxes.labels]
    assert len(names) == 3145
    assert {name: names.count(name) for name in set(names)} == {"RBC": 2689, "WBC": 238, "Platelets": 218}
    assert sum(int(boxes.ignore.sum()) for boxes in found) == 2
    areas = [
        np.prod(c[1] - c[0] - 1) for b in found for c, n in zip(b.corners_index, b.labels, strict=True) if n == "WBC"
    ]
    assert np.median(areas) == pytest.approx(36666, rel=0.001)  # the README counts (xmax - xmin) x (ymax - ymin)
