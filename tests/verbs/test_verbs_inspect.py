"""inspect, list and doctor: what there is."""

import nibabel as nib
import numpy as np
import pytest

from hounsfield.formats import stored
from hounsfield.registry.table import UnknownName
from hounsfield.values import Refused
from hounsfield.verbs.inspect import inspect
from hounsfield.verbs.listing import doctor, listing


def test_a_folder_in_a_few_lines(torsos):
    rows = dict(inspect(torsos).rows())
    assert rows["cases"] == "10, whose patients nothing names"
    assert rows["inputs"] == "image"
    assert rows["labels"].startswith("1=lung in 10, 2=liver in 10")
    assert rows["for"].startswith("segmentation (")
    assert " (" not in rows["spacing"]  # all alike
    assert "read" not in rows


def test_ranges_and_strange_files_are_told(scans):
    for part in ("imagesTr", "labelsTr"):
        path = scans / part / "torso_0000.nii.gz"
        image = nib.load(path)
        nib.save(nib.Nifti1Image(np.asarray(image.dataobj)[:12], image.affine), path)
    (scans / "notes.txt").write_text("hello")
    found = inspect(scans)
    rows = dict(found.rows())
    assert rows["shape"].startswith("16 (12 to 16) x 16 x 16")
    assert rows["unclaimed"] == "1 file of no case: notes.txt"
    assert found.to_json()["unclaimed"] == ["notes.txt"]


def test_bad_cases_are_listed_and_the_others_counted(scans):
    bad = scans / "labelsTr" / "torso_0003.nii.gz"
    bad.write_bytes(b"no nifti")
    found = inspect(scans)
    assert dict(found.rows())["read"] == "9 of them"
    assert [problem.where for problem in found.problems] == [str(bad)]


def test_what_looks_wrong_is_said_with_its_check(scans):
    image = scans / "imagesTr" / "torso_0004.nii.gz"
    label = scans / "labelsTr" / "torso_0005.nii.gz"
    volume = nib.load(image)
    nib.save(nib.Nifti1Image(np.zeros(volume.shape, np.int16), volume.affine), image)
    volume = nib.load(label)
    nib.save(nib.Nifti1Image(np.asarray(volume.dataobj), np.eye(4)), label)
    found = inspect(scans)
    said = {(fault.check, fault.where): fault for fault in found.faults}
    assert said["flat", str(image)].cases == ("torso_0004",)
    assert "lost its header" in said["grids", str(label)].what
    assert "1 of flat" in dict(found.rows())["faults"]
    assert found.to_json()["faults"] == [fault.to_json() for fault in found.faults]
    assert [problem.where for problem in found.problems] == [str(label)]
    sure = [fault.sure for fault in found.faults]
    assert sure == sorted(sure, reverse=True)


def test_every_file_is_read_once(scans, monkeypatch):
    reads = []
    unpack = stored.unpack
    monkeypatch.setattr(stored, "unpack", lambda *words, **more: reads.append(more["where"]) or unpack(*words, **more))
    inspect(scans)
    assert len(reads) == len(set(reads)) == 20


def test_where_nothing_can_be_read_it_is_refused(scans):
    for path in (scans / "imagesTr").iterdir():
        path.write_bytes(b"no nifti")
    with pytest.raises(Refused) as refusal:
        inspect(scans)
    assert len(refusal.value.problems) == 10


def test_listings():
    assert {"unet", "boosting"} <= {row["name"] for row in listing("methods")}
    assert {"segmentation", "registration"} <= {row["name"] for row in listing("tasks")}
    assert {"flat", "grids"} <= {row["name"] for row in listing("checks")}
    with pytest.raises(UnknownName, match="Known: methods"):
        listing("poems")
    assert all(well for _, _, well in doctor())


def test_a_page_is_written_when_asked_for(scans, tmp_path):
    image = scans / "imagesTr" / "torso_0004.nii.gz"
    volume = nib.load(image)
    nib.save(nib.Nifti1Image(np.asarray(volume.dataobj), volume.affine), scans / "imagesTr" / "torso_0006.nii.gz")
    found = inspect(scans, html=tmp_path / "page.html")
    assert [fault.cases for fault in found.faults if fault.check == "duplicates"] == [("torso_0004", "torso_0006")]
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "torso_0004.nii.gz and" in page
    assert page.count("data:image/png") >= 2
    with pytest.raises(Refused, match="can not be written"):
        inspect(scans, html=tmp_path / "page.html" / "inside.html")


def test_identifiers_are_looked_for_when_asked_for(scans):
    image = scans / "imagesTr" / "torso_0004.nii.gz"
    volume = nib.load(image)
    volume.header["descrip"] = b"2019-03-04 patient: Jane Doe"
    nib.save(nib.Nifti1Image(np.asarray(volume.dataobj), volume.affine, volume.header), image)
    assert "privacy" not in {fault.check for fault in inspect(scans).faults}
    (fault,) = (fault for fault in inspect(scans, privacy=True).faults if fault.check == "privacy")
    assert (fault.where, fault.cases) == (str(image), ("torso_0004",))


def test_a_page_that_can_not_be_written_is_refused_before_anything_is_looked_at(torsos, tmp_path):
    (tmp_path / "file").write_text("no folder")
    events = []
    with pytest.raises(Refused, match=r"file/page\.html: can not be written"):
        inspect(torsos, html=tmp_path / "file" / "page.html", watch=events.append)
    assert events == []
    inspect(torsos, html=tmp_path / "new" / "page.html")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["page.html"]
