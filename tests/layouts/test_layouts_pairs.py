"""Tables of pairs: the real one of histology, and what can be wrong in one."""

import csv
import shutil

import numpy as np
import pytest

from hounsfield.formats import metaimage, nifti, picture
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.opening import open_folder
from hounsfield.layouts.pairs import LAYOUT
from hounsfield.values import Grid, Image, Points, Refused
from hounsfield.verbs.question import Question
from hounsfield.verbs.study import study

ALL = {"pairs": LAYOUT}


@pytest.fixture
def folder(tmp_path):
    for number, name in enumerate(("a", "b", "c")):
        image = Image.of(np.full((4, 5, 6), number, np.int16), Grid.regular((4, 5, 6)))
        nifti.write_image(tmp_path / f"{name}.nii.gz", image)
    (tmp_path / "a.csv").write_text("name,x,y,z\ntip,1,2,3\n")
    return tmp_path


def test_rows_become_cases(folder):
    table = "patient,fixed,moving,fixed_landmarks\np1,a.nii.gz,b.nii.gz,a.csv\np2,b.nii.gz,c.nii.gz,\n"
    (folder / "pairs.csv").write_text(table)
    dataset = open_folder(folder, ALL)
    assert (dataset.layout, dataset.task, dataset.problems) == ("pairs", "registration", ())
    assert [case.id for case in dataset] == ["a__b", "b__c"]
    assert [case.patient for case in dataset] == ["p1", "p2"]
    first = dataset["a__b"]
    assert first.inputs["moving"].load().array().max() == 1
    assert first.truth(Points, of="fixed").coordinates.tolist() == [[1, 2, 3]]
    assert first.truth(Points, of="moving") is None
    assert not dataset["b__c"].truths
    assert open_folder(folder / "pairs.csv", ALL)["b__c"].inputs.keys() == {"fixed", "moving"}


def test_rows_that_can_not_be_read_are_listed(folder):
    names = ["b.nii.gz", "../b.nii.gz", "/etc/b.nii.gz", "none.nii.gz", ""]
    (folder / "pairs.csv").write_text("fixed,moving\n" + "".join(f"a.nii.gz,{name}\n" for name in names))
    dataset = open_folder(folder, ALL)
    assert [case.id for case in dataset] == ["a__b"]
    assert [problem.where.split(", ")[-1] for problem in dataset.problems] == ["line 3", "line 4", "line 5", "line 6"]
    assert "not there" in dataset.problems[2].what
    bad = [problem.case for problem in dataset.problems]
    assert bad == ["a__b (line 3)", "a__b (line 4)", "a__none", "a__"], "each is a bad case, and none the good one"


def test_a_path_that_is_written_out_is_taken_and_said(folder, tmp_path):
    shutil.copy(folder / "b.nii.gz", tmp_path.parent / "outside.nii.gz")
    (folder / "pairs.csv").write_text(f"fixed,moving\na.nii.gz,{tmp_path.parent / 'outside.nii.gz'}\n")
    dataset = open_folder(folder, ALL)
    assert [case.id for case in dataset] == ["a__outside"]
    assert "names 1 file outside of its folder" in dataset.notes[0]


def test_every_row_that_can_not_be_used_is_a_bad_case(folder):
    """A hundred rows, seven without their files: more than train goes on with."""
    for number in range(100):
        shutil.copy(folder / "a.nii.gz", folder / f"f{number}.nii.gz")
        if number % 15:
            shutil.copy(folder / "b.nii.gz", folder / f"m{number}.nii.gz")
    rows = [f"p{number},f{number}.nii.gz,m{number}.nii.gz,a.csv,a.csv\n" for number in range(1, 100)]
    rows.append("p0,f0.nii.gz,m0.nii.gz,a.csv,a.csv\n")
    (folder / "pairs.csv").write_text("patient,fixed,moving,fixed_landmarks,moving_landmarks\n" + "".join(rows))
    assert len({problem.case for problem in open_folder(folder, ALL).problems}) == 7
    with pytest.raises(Refused, match="has 7 bad cases among 100, and 5 may be left out"):
        study(Question(folder))


def test_images_shared_by_pairs_hold_them_together(folder):
    (folder / "pairs.csv").write_text("fixed,moving\na.nii.gz,b.nii.gz\na.nii.gz,c.nii.gz\n")
    dataset = open_folder(folder, ALL)
    assert [case.bonds for case in dataset] == [("a", "b"), ("a", "c")]
    (folder / "pairs.csv").write_text("patient,fixed,moving\np+1,a.nii.gz,b.nii.gz\np2,a.nii.gz,c.nii.gz\n")
    assert [case.bonds for case in open_folder(folder, ALL)] == [("p+1",), ("p2",)]


def test_other_tables_are_not_claimed(folder):
    for text in ("case,part\na,training\n", "fixed,moving\na,b\n", "fixed,moving\n"):
        (folder / "pairs.csv").write_text(text)
        assert LAYOUT.detect(folder) is None
    with pytest.raises(Refused, match="no table of pairs"):
        LAYOUT.read(folder, ReadOptions())


def test_a_changed_file_of_numbers_is_another_input(tmp_path):
    grid = Grid.regular((4, 5, 6))
    metaimage.write_image(tmp_path / "b.mha", Image.of(np.ones(grid.shape, np.int16), grid))
    head = "NDims = 3\nDimSize = 4 5 6\nElementType = MET_UCHAR\nElementDataFile = a.raw\n"
    (tmp_path / "a.mhd").write_text(head)
    (tmp_path / "a.raw").write_bytes(bytes(120))
    (tmp_path / "pairs.csv").write_text("fixed,moving\na.mhd,b.mha\n")
    dataset = open_folder(tmp_path, ALL)
    assert dataset.unclaimed == ()
    before = dataset["a__b"].digest()
    (tmp_path / "a.raw").write_bytes(bytes([1] * 120))
    assert dataset["a__b"].digest() != before


@pytest.mark.data
def test_histology(data_root):
    folder = data_root / "histology_pairs/data-images"
    for place in (folder, data_root / "histology_pairs", folder / "pairs-imgs-lnds_histol.csv"):
        dataset = open_folder(place, ALL)
        assert len(dataset) == 1
    (case,) = open_folder(folder, ALL)
    assert case.id == "Izd2-29-041-w35_HE__Izd2-29-041-w35_proSPC"
    images = {role: case.inputs[role].load() for role in ("fixed", "moving")}
    assert images["fixed"].grid.shape == (733, 890)  # the table's own column
    for role, stain in (("fixed", "HE"), ("moving", "proSPC")):
        path = folder / f"lesions_/scale-5pc/Izd2-29-041-w35_{stain}"
        assert images[role].grid == picture.read_grid(path.with_suffix(".jpg"))
        with open(path.with_suffix(".csv"), newline="") as file:
            rows = list(csv.DictReader(file))
        truth = case.truth(Points, of=role)
        assert len(truth) == 78
        assert truth.names == tuple(row[""] for row in rows)
        assert truth.coordinates.tolist() == [[float(row["Y"]), float(row["X"])] for row in rows]
    apart = case.truth(Points, of="fixed").coordinates - case.truth(Points, of="moving").coordinates
    assert np.median(np.linalg.norm(apart, axis=1)) == pytest.approx(66, abs=0.5)  # README
