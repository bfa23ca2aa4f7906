"""A CSV manifest: what its columns mean, and what it can not do."""

import numpy as np
import pytest
from made_folders import mask, opened, png, text, volume

from hounsfield.formats.boxes_csv import write_boxes
from hounsfield.layouts.layout import ReadOptions
from hounsfield.values import Boxes, Diagnosis, Grid, LabelMap, Points, Refused


def three(folder):
    for name in ("001", "002", "003"):
        for role in ("t1", "flair", "seg"):
            volume(folder / "scans" / f"{name}_{role}.nii.gz")


HEAD = "case,t1,flair,mask,patient,site,split,age"


def row(name, *rest):
    return ",".join((name, *(f"scans/{name}_{role}.nii.gz" for role in ("t1", "flair", "seg")), *rest))


def test_inputs_truths_patients_sites_parts_and_covariates(tmp_path):
    three(tmp_path)
    lines = [
        row("001", "A", "north", "train", "61"),
        row("002", "A", "north", "train", ""),
        row("003", "B", "", "test", "40"),
    ]
    text(tmp_path / "cases.csv", HEAD, *lines)
    for dataset in (opened(tmp_path), opened(tmp_path / "cases.csv")):
        assert (dataset.layout, dataset.task) == ("manifest", "segmentation")
        assert [case.id for case in dataset] == ["001", "002", "003"]
        assert [case.patient for case in dataset] == ["A", "A", "B"]
        assert [case.split for case in dataset] == ["training", "training", "test"]
        assert [dict(case.covariates) for case in dataset] == [{"age": 61.0}, {"age": None}, {"age": 40.0}]
        assert dataset["001"].site == "north"
        assert list(dataset["003"].inputs) == ["t1", "flair"]
        assert dataset["003"].truth(LabelMap, of="t1").labels == {1: "label_1", 2: "label_2"}
        assert dataset.unclaimed == ()
    without = opened(tmp_path, options=ReadOptions(ignore=("flair", "age")))
    assert list(without["001"].inputs) == ["t1"]
    assert not without["001"].covariates


def test_a_target_and_a_single_image(tmp_path):
    for name in ("a", "b"):
        png(tmp_path / f"{name}.png")
    text(tmp_path / "m.csv", "id;path;melanoma", "a;a.png;1", "b;./b.png;0")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("manifest", "diagnosis")
    assert list(dataset["a"].inputs) == ["image"]
    assert dataset["a"].truth(Diagnosis).likeliest == "yes"


def test_boxes_and_points(tmp_path):
    png(tmp_path / "a.png")
    grid = Grid.picture((3, 4))
    write_boxes(tmp_path / "boxes.csv", Boxes([[[0, 0], [1, 2]]], grid, ("cell",)))
    text(tmp_path / "points.csv", "name,x,y", "tip,1,2")
    box = "<bndbox><xmin>1</xmin><ymin>1</ymin><xmax>2</xmax><ymax>3</ymax></bndbox>"
    text(tmp_path / "boxes.xml", f"<annotation><object><name>cell</name>{box}</object></annotation>")
    text(tmp_path / "m.csv", "case,image,boxes,points", "one,a.png,boxes.csv,points.csv", "two,a.png,boxes.xml,")
    dataset = opened(tmp_path)
    assert dataset.task == ""  # boxes and points: a person has to say
    assert dataset["one"].truth(Boxes).corners_index.tolist() == [[[0, 0], [1, 2]]]
    assert dataset["two"].truth(Boxes).corners_index.tolist() == [[[-0.5, -0.5], [2.5, 1.5]]]
    assert dataset["one"].truth(Points).names == ("tip",)


def test_missing_files_are_problems_of_their_rows(tmp_path):
    three(tmp_path)
    (tmp_path / "scans" / "002_flair.nii.gz").unlink()
    (tmp_path / "scans" / "003_seg.nii.gz").unlink()
    lines = [row(name, "", "", "", "") for name in ("001", "002", "003")]
    text(tmp_path / "cases.csv", HEAD, *lines, ",,,,,,,")
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["001", "003"]
    assert not dataset["003"].truths
    said = [str(problem) for problem in dataset.problems]
    assert "cases.csv, line 3: names 'scans/002_flair.nii.gz', which is not there" in said[0]
    assert "line 4: names 'scans/003_seg.nii.gz'" in said[1]
    assert "line 5: names no case" in said[2]


def test_paths_stay_inside_unless_they_are_written_out(tmp_path):
    png(tmp_path / "outside.png")
    inside = tmp_path / "data"
    png(inside / "a.png")
    text(inside / "m.csv", "case,image", "a,a.png", "b,../outside.png", "c,x/../../outside.png")
    dataset = opened(inside)
    assert [case.id for case in dataset] == ["a"]
    assert "m.csv, line 3: names '../outside.png', which leads out of the table's folder" in str(dataset.problems[0])
    assert [problem.case for problem in dataset.problems] == ["b", "c"]
    assert not dataset.notes
    text(inside / "m.csv", "case,image", "a,x/../a.png", f"b,{tmp_path / 'outside.png'}")
    dataset = opened(inside)
    assert [case.id for case in dataset] == ["a", "b"]
    (note,) = dataset.notes
    assert f"names 1 file outside of its folder, {tmp_path / 'outside.png'} first" in note


def test_two_rows_of_one_name_and_unknown_parts_are_refused(tmp_path):
    png(tmp_path / "a.png")
    text(tmp_path / "m.csv", "case,image", "007,a.png", "7,a.png", "007,a.png")
    with pytest.raises(Refused, match="line 4: names the case '007', as line 2 does"):
        opened(tmp_path)
    text(tmp_path / "m.csv", "case,image,split", "007,a.png,learn")
    with pytest.raises(Refused, match="line 2: has the split 'learn'"):
        opened(tmp_path)


def test_masks_of_255(tmp_path):
    png(tmp_path / "a.png")
    mask(tmp_path / "b.png", (1, 1))
    text(tmp_path / "m.csv", "case,image,lesion_mask", "x,a.png,b.png")
    assert opened(tmp_path)["x"].truth(LabelMap).array.sum() == 1


def test_a_cell_that_is_no_name_of_a_file_ends_nothing(tmp_path):
    png(tmp_path / "a.png")
    endless = "x" * 5000 + ".png"
    text(tmp_path / "m.csv", "case,image", f"x,{endless}", "a,a.png")
    dataset = opened(tmp_path)
    assert (dataset.layout, [case.id for case in dataset]) == ("manifest", ["a"])
    assert [(problem.case, len(problem.what) < 200) for problem in dataset.problems] == [("x", True)]


def test_points_in_any_format_lie_on_the_image_of_their_row(tmp_path):
    spaced, labels = np.diag([2.0, 2, 2, 1]), np.zeros((2, 3, 4), np.uint8)
    labels[1, 2, 3] = 7
    for name in "ab":
        volume(tmp_path / f"{name}.nii.gz", affine=spaced)
    volume(tmp_path / "marks" / "b_labels-disc.nii.gz", labels, spaced)
    head = ("# Markups fiducial file version = 4.10", "# CoordinateSystem = IJK")
    columns = "# columns = id,x,y,z,ow,ox,oy,oz,vis,sel,lock,label"
    text(tmp_path / "marks" / "a.fcsv", *head, columns, "1,1,2,3,0,0,0,1,1,1,0,AC")
    rows = ("a,a.nii.gz,marks/a.fcsv", "b,b.nii.gz,marks/b_labels-disc.nii.gz")
    text(tmp_path / "m.csv", "case,ct,landmarks", *rows)
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("manifest", "landmarks")
    assert [case.truth(Points).names for case in dataset] == [("AC",), ("7",)]
    assert [case.truth(Points).coordinates.tolist() for case in dataset] == [[[2, 4, 6]]] * 2


def test_masks_of_1_among_masks_of_255_are_of_the_same_structure(tmp_path):
    for name, value in (("a", 1), ("b", 255), ("c", 0)):
        png(tmp_path / f"{name}.png")
        mask(tmp_path / f"{name}_m.png", (1, 1), (2, 2), value=value)
    text(tmp_path / "m.csv", "case,image,lesion_mask", *(f"{name},{name}.png,{name}_m.png" for name in "abc"))
    found = [case.truth(LabelMap) for case in opened(tmp_path)]
    assert [dict(labels.labels) for labels in found] == [{1: "foreground"}] * 3
    assert [labels.array.sum() for labels in found] == [2, 2, 0]
    assert {labels.array.max() for labels in found} == {0, 1}


def test_a_mask_of_both_1_and_255_has_two_structures(tmp_path):
    array = np.zeros((3, 4), np.uint8)
    array[0], array[1] = 1, 255
    png(tmp_path / "a.png")
    png(tmp_path / "m.png", array)
    text(tmp_path / "m.csv", "case,image,lesion_mask", "a,a.png,m.png")
    assert opened(tmp_path)["a"].truth(LabelMap).labels == {1: "label_1", 255: "label_255"}
