"""A CSV manifest: what its columns mean, and what it can not do."""

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
    text(inside / "m.csv", "case,image", "a,a.png", "b,../outside.png")
    with pytest.raises(Refused, match=r"m\.csv, line 3: names '\.\./outside\.png', which leads out"):
        opened(inside)
    text(inside / "m.csv", "case,image", "a,a.png", "b,x/../../outside.png")
    with pytest.raises(Refused, match="leads out"):
        opened(inside)
    text(inside / "m.csv", "case,image", "a,x/../a.png", f"b,{tmp_path / 'outside.png'}")
    assert [case.id for case in opened(inside)] == ["a", "b"]


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
