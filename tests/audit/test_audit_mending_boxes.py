"""Files of boxes, mended: compared with what a person would write, to the last byte."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from audited import found
from PIL import Image as Pillow

from hounsfield.audit.checks.boxes import CHECK
from hounsfield.audit.mending.boxes import mends
from hounsfield.audit.mending.mend import Mend
from hounsfield.audit.running import Audit
from hounsfield.layouts.boxes_table import LAYOUT as TABLE
from hounsfield.layouts.coco import LAYOUT as COCO
from hounsfield.layouts.layout import Layout, ReadOptions
from hounsfield.layouts.voc import LAYOUT as VOC
from hounsfield.values import Boxes

Write = Callable[..., Path]

HEAD = """<?xml version="1.0" encoding="{}"?>
<!-- <object> drawn by Zoë -->
<annotation>
\t<filename>a.png</filename>
\t<size><width>60</width><height>40</height><depth>1</depth></size>
"""
OBJECT = """\t<object>
\t\t<name>{}</name><difficult>0</difficult>
\t\t<bndbox>
\t\t\t<xmin>{}</xmin> <ymin>{}</ymin>
\t\t\t<xmax>{}</xmax> <ymax>{}</ymax>
\t\t</bndbox>
\t</object>
"""
FIRST, NEAR = ("cell", 5, 6, 25, 30), ("cell", 5, 6, 25, 31)
TURNED, RIGHT = ("cell", 50, "030.5", 31, 12), ("cell", 31, 12, 50, "030.5")
EMPTY = ("cell", 7, 3, 7, 20)


def picture(path: Path, seed: int = 0) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.random.default_rng(seed).integers(0, 255, (40, 60), np.uint8)).save(path)


def voc(folder: Path, *objects: tuple, encoding: str = "utf-8", end: str = "</annotation>\n") -> Path:
    picture(folder / "JPEGImages" / "a.png")
    path = folder / "Annotations" / "a.xml"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes((HEAD.format(encoding) + "".join(OBJECT.format(*o) for o in objects) + end).encode(encoding))
    return path


def offered(layout: Layout, folder: Path) -> tuple[Mend, ...]:
    data, audit = layout.read(folder, ReadOptions()), Audit([CHECK])
    for case in data:
        audit.look(case)
    return audit.mends(data, {"boxes": mends})


def mended(layout: Layout, folder: Path, file: Path) -> tuple[str, bytes]:
    """What is said of the change, and the bytes of the file then, which is put in its place."""
    (mend,) = offered(layout, folder)
    before = file.read_bytes()
    mend.write(folder / f"new{file.suffix}")
    assert (mend.file, file.read_bytes()) == (file, before)
    (folder / f"new{file.suffix}").replace(file)
    assert offered(layout, folder) == ()
    return mend.what, file.read_bytes()


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_voc(tmp_path: Path, encoding: str) -> None:
    path = voc(tmp_path, FIRST, TURNED, NEAR, EMPTY, ("nucleus", 5, 6, 25, 30), encoding=encoding)
    what, data = mended(VOC, tmp_path, path)
    assert what == (
        "has 1 box with corners exchanged back (object 2), 1 box without width or height left out (object 4), "
        "1 box drawn twice left out (object 3 around the object of object 1)"
    )
    expected = voc(tmp_path / "expected", FIRST, RIGHT, ("nucleus", 5, 6, 25, 30), encoding=encoding)
    assert data == expected.read_bytes()
    data = VOC.read(tmp_path, ReadOptions())
    assert data.cases[0].truth(Boxes).corners_index[1].tolist() == [[10.5, 29.5], [30.0, 49.5]]
    assert found(CHECK, data) == ()


def test_several_in_a_row_and_the_last_one(tmp_path: Path) -> None:
    path = voc(tmp_path, EMPTY, EMPTY, FIRST, NEAR, NEAR)
    _, data = mended(VOC, tmp_path, path)
    assert data == voc(tmp_path / "expected", FIRST).read_bytes()


@pytest.mark.parametrize(
    "objects",
    [
        (EMPTY,),
        (FIRST, ("cell", 40, 20, 70, 30)),
        (FIRST, ("nucleus", *NEAR[1:])),
        (FIRST, ("cell", 7, 8, 25, 30)),
        (FIRST, (*NEAR[:4], "31</ymax><!-- --><pose>Left</pose><ymax>31")),
    ],
    ids=["the only box", "outside", "of two classes", "around two objects", "of which different things are said"],
)
def test_boxes_that_are_left_as_they_are(tmp_path: Path, objects) -> None:
    voc(tmp_path, *objects)
    assert offered(VOC, tmp_path) == ()


def test_a_file_that_has_something_else_wrong_is_left_alone(tmp_path: Path) -> None:
    voc(tmp_path, TURNED, ("cell", 1, 2, "wide", 4))
    assert offered(VOC, tmp_path) == ()
    voc(tmp_path, TURNED, end="")
    assert offered(VOC, tmp_path) == ()


COCO_FILE = """{"info": {"by": "Zoë", "version": 1.50},
 "images": [{"id": 3, "file_name": "a.png"}, {"id": 4, "file_name": "b.png"}],
 "annotations": [
  %s
 ],
 "categories": [{"id": 1, "name": "cell"}]}"""
A = '{"id": 10, "image_id": 3, "category_id": 1, "bbox": [4, 5, 20.0, 24], "iscrowd": 0}'
NEAR_A = '{"id": 11, "image_id": 3, "category_id": 1, "bbox": [4, 5, 20.0, 25], "iscrowd": 0}'
FLAT_A = '{"id": 12, "image_id": 3, "category_id": 1, "bbox": [4, 5, 0, 24], "iscrowd": 0}'
TURNED_B = '{"id": 13, "image_id": 4, "bbox": [ 30, 20, -12, 1.50 ],\n   "category_id": 1, "score": 1e0}'
RIGHT_B = '{"id": 13, "image_id": 4, "bbox": [18, 20, 12, 1.5],\n   "category_id": 1, "score": 1e0}'
SAME_IN_B = '{"id": 14, "image_id": 4, "category_id": 1, "bbox": [4, 5, 20.0, 24], "iscrowd": 0}'


def coco(folder: Path, *annotations: str, mark: str = "") -> Path:
    for seed, name in enumerate(("a.png", "b.png")):
        picture(folder / name, seed)
    path = folder / "instances.json"
    path.write_text(mark + COCO_FILE % ",\n  ".join(annotations), encoding="utf-8")
    return path


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "with a mark"])
def test_coco(tmp_path: Path, mark: str) -> None:
    path = coco(tmp_path, FLAT_A, A, NEAR_A, TURNED_B, SAME_IN_B, mark=mark)
    what, data = mended(COCO, tmp_path, path)
    assert "exchanged back (annotation 4)" in what
    assert "left out (annotation 1)" in what
    assert "(annotation 3 around the object of annotation 2)" in what
    assert data.decode() == mark + COCO_FILE % ",\n  ".join([A, RIGHT_B, SAME_IN_B])
    assert found(CHECK, COCO.read(tmp_path, ReadOptions())) == ()


@pytest.mark.parametrize("gone", [(NEAR_A,), (NEAR_A, FLAT_A), (FLAT_A, NEAR_A)])
def test_commas_stay_where_they_belong(tmp_path: Path, gone) -> None:
    path = coco(tmp_path, A, *gone)
    _, data = mended(COCO, tmp_path, path)
    assert [entry["id"] for entry in json.loads(data)["annotations"]] == [10]


def test_outlines_that_differ_are_for_a_person(tmp_path: Path) -> None:
    coco(tmp_path, *(text[:-1] + f', "segmentation": [[{n}, 5, 6, 7, 8, 9]]}}' for n, text in enumerate((A, NEAR_A))))
    assert offered(COCO, tmp_path) == ()


CORNERS = "filename;xmin;ymin;xmax;ymax;class;by\r\n"
SIZES = "image_id,x,y,w,h,label\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            f'\ufeff{CORNERS}"a.png";4; 5 ;24;29;cell;zoe\r\na.png;30;20;18;22.50;cell;zoe\r\n\r\n'
            '"a.png";4;5;24;30;cell;zoe\r\na.png;4;5;24;30;cell;max\r\na.png;3;3;3;9;cell;zoe',
            f'\ufeff{CORNERS}"a.png";4; 5 ;24;29;cell;zoe\r\na.png;18;20;30;22.50;cell;zoe\r\n\r\n'
            "a.png;4;5;24;30;cell;max\r\n",
        ),
        (
            f"{SIZES}a.png,30,20,-12,8,cell\na.png,1,2,3.5,4.25,cell\na.png,1,2,0,3,cell\n",
            f"{SIZES}a.png,18,20,12,8,cell\na.png,1,2,3.5,4.25,cell\n",
        ),
    ],
    ids=["corners", "sizes"],
)
def test_tables(tmp_path: Path, text: str, expected: str) -> None:
    picture(tmp_path / "a.png")
    path = tmp_path / "boxes.csv"
    path.write_bytes(text.encode())
    _, data = mended(TABLE, tmp_path, path)
    assert data.decode() == expected


def test_a_table_with_delimiters_in_its_cells_is_left_alone(tmp_path: Path) -> None:
    picture(tmp_path / "a.png")
    rows = 'a.png,30,20,-12,8,"cell, round"\na.png,1,2,3,4,"cell, long"\n'
    (tmp_path / "boxes.csv").write_text(SIZES + rows)
    assert offered(TABLE, tmp_path) == ()


@pytest.mark.data
def test_blood_cells(data_root: Path, tmp_path: Path) -> None:
    """README: two degenerate boxes; the same cell boxed twice in five images; in one of them the two are unlike."""
    offers = offered(VOC, data_root / "blood_cells")
    numbers = ("00020", "00100", "00104", "00284", "00338", "00343")  # of 00251, one box is truncated, one is not
    assert [mend.file.stem for mend in offers] == [f"BloodImage_{number}" for number in numbers]
    for mend in offers:
        mend.write(tmp_path / mend.file.name)
        lines = mend.file.read_bytes().splitlines()
        left = iter(lines)
        assert all(line in left for line in (tmp_path / mend.file.name).read_bytes().splitlines())
        assert (tmp_path / mend.file.name).read_bytes().count(b"<object>") == mend.file.read_bytes().count(
            b"<object>"
        ) - 1
