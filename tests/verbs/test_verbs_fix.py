"""inspect --fix: a mended copy, whole or not at all, and never in place."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import namedtuple
from collections.abc import Callable
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from hounsfield.values import Refused
from hounsfield.verbs.data import open_dataset
from hounsfield.verbs.inspect import inspect

BARE, FLOAT = Path("labelsTr/torso_0001.nii.gz"), Path("labelsTr/torso_0002.nii.gz")


def digests(folder: Path) -> dict[str, str]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


def strip_header(path: Path) -> None:
    nib.save(nib.Nifti1Image(np.asarray(nib.load(path).dataobj), np.eye(4)), path)


@pytest.fixture
def spoilt(scans: Path) -> Path:
    """Torsos of which one label has lost its header, one is stored as floats, and one image is flat, for good."""
    strip_header(scans / BARE)
    volume = nib.load(scans / FLOAT)
    nib.save(nib.Nifti1Image(np.asarray(volume.dataobj).astype(np.float32), volume.affine), scans / FLOAT)
    image = scans / "imagesTr" / "torso_0003.nii.gz"
    nib.save(nib.Nifti1Image(np.zeros(nib.load(image).shape, np.int16), nib.load(image).affine), image)
    (scans / ".hidden").mkdir()
    (scans / ".hidden" / "notes").write_text("kept")
    (scans / "empty folder").mkdir()
    return scans


def test_a_mended_copy_differs_in_what_was_mended(spoilt: Path, tmp_path: Path) -> None:
    before, out = digests(spoilt), tmp_path / "new" / "mended"
    found = inspect(spoilt, fix=out)
    assert digests(spoilt) == before
    after = digests(out)
    record = json.loads((out / "mended.json").read_text(encoding="utf-8"))
    assert {path for path in after if after[path] != before.get(path)} == {"mended.json", str(BARE), str(FLOAT)}
    assert before.keys() == after.keys() - {"mended.json"}
    assert (out / "empty folder").is_dir()
    for change in record["changes"]:
        assert change["sha256_before"] == before[change["file"]]
        assert change["sha256_after"] == after[change["file"]]
    assert {change["file"]: change["check"] for change in record["changes"]} == {
        str(BARE): "grids",
        str(FLOAT): "label_types",
    }
    assert record["left"] == found.mended.left == {"flat": 1}
    assert found.to_json()["mended"]["out"] == str(out)
    assert os.listdir(tmp_path / "new") == ["mended"]
    again = inspect(out)
    assert [fault.check for fault in again.faults] == ["flat"]
    assert (again.dataset.unclaimed, again.problems) == ((), ())
    assert len(again.dataset) == 10


def test_where_nothing_can_be_mended_nothing_is_written(scans: Path, tmp_path: Path) -> None:
    found = inspect(scans, fix=tmp_path / "out")
    assert (found.mended.out, found.mended.changes) == ("", ())
    assert os.listdir(tmp_path) == ["scans"]


def test_without_the_wish_it_is_only_said_what_could_be_mended(spoilt: Path, tmp_path: Path) -> None:
    found = inspect(spoilt)
    assert found.mended is None
    assert {Path(one["file"]) for one in found.to_json()["mendable"]} == {spoilt / BARE, spoilt / FLOAT}
    assert os.listdir(tmp_path) == ["scans"]


def test_a_set_in_which_every_label_has_lost_its_header(scans: Path, tmp_path: Path) -> None:
    for path in (scans / "labelsTr").iterdir():
        strip_header(path)
    found = inspect(scans, fix=tmp_path / "out")
    assert dict(found.rows())["read"] == "0 of them"
    assert len(found.mended.changes) == 10
    assert inspect(tmp_path / "out").is_clean


@pytest.mark.parametrize(
    "where", ["scans", "scans/out", "scans/imagesTr/new/out", "there", "dangling", "around/../scans", "file/out"]
)
def test_a_place_that_can_not_be(spoilt: Path, tmp_path: Path, where: str, monkeypatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "around").mkdir()
    (tmp_path / "dangling").symlink_to("nowhere")
    (tmp_path / "file").write_text("")
    before = digests(tmp_path)
    monkeypatch.setattr("hounsfield.verbs.inspect.open_dataset", None)  # nothing is read before
    with pytest.raises(Refused, match=r"is there already|lies inside of|can not be written into"):
        inspect(spoilt, fix=tmp_path / where)
    assert digests(tmp_path) == before


def test_a_disk_that_can_not_be_written_to_is_told_before_anything_is_read(spoilt: Path, monkeypatch) -> None:
    monkeypatch.setattr("hounsfield.verbs.inspect.open_dataset", None)
    with pytest.raises(Refused, match=r"/proc/new/out"):
        inspect(spoilt, fix="/proc/new/out")


def test_what_a_killed_run_left_is_cleared_and_nothing_else(spoilt: Path, tmp_path: Path) -> None:
    for name in (".out.0123abcd.part", ".out.v2.0123abcd.part", ".out.mine.part", ".other.0123abcd.part"):
        (tmp_path / name).mkdir()
    inspect(spoilt, fix=tmp_path / "out")
    left = [".other.0123abcd.part", ".out.mine.part", ".out.v2.0123abcd.part", "out", "scans"]
    assert sorted(os.listdir(tmp_path)) == left


def test_a_way_into_the_data_through_a_link(spoilt: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(spoilt)
    with pytest.raises(Refused, match="lies inside of"):
        inspect(spoilt, fix=tmp_path / "link" / "out")
    with pytest.raises(Refused, match="lies inside of"):
        inspect(tmp_path / "link", fix=spoilt / "out")
    assert inspect(tmp_path / "link", fix=tmp_path / "out").mended.out


def test_what_no_copy_is_made_of(spoilt: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="is open already"):
        inspect(open_dataset(spoilt), fix=tmp_path / "out")
    with pytest.raises(Refused, match="is one file"):
        inspect(spoilt / "dataset.json", fix=tmp_path / "out")
    with pytest.raises(Refused, match="does not exist"):
        inspect(tmp_path / "nothing", fix=tmp_path / "out")


def test_links_are_not_followed_out_of_the_folder(spoilt: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("elsewhere")
    image = spoilt / "imagesTr" / "torso_0005.nii.gz"
    image.rename(spoilt / ".hidden" / "object")
    image.symlink_to("../.hidden/object")
    (spoilt / "out.txt").symlink_to(tmp_path / "secret")
    (spoilt / "loop").symlink_to("loop")
    (spoilt / "back").symlink_to(spoilt)
    os.mkfifo(spoilt / "pipe")
    found = inspect(spoilt, fix=tmp_path / "out")
    copy = tmp_path / "out" / "imagesTr" / "torso_0005.nii.gz"
    assert not copy.is_symlink()
    assert copy.read_bytes() == image.read_bytes()
    assert sorted(found.mended.left_out) == [
        "back is a link to a folder",
        "loop is a link that leads nowhere",
        "out.txt is a link that leads out of the folder",
        "pipe is no regular file",
    ]
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))


def test_a_copy_that_would_lack_cases_is_not_written(spoilt: Path, tmp_path: Path) -> None:
    image = spoilt / "imagesTr" / "torso_0005.nii.gz"
    image.rename(tmp_path / "elsewhere.nii.gz")
    image.symlink_to(tmp_path / "elsewhere.nii.gz")
    with pytest.raises(Refused, match=r"torso_0005\S* is read by cases .* is a link that leads out of the folder"):
        inspect(spoilt, fix=tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["elsewhere.nii.gz", "scans"]


@pytest.mark.parametrize("part", ["labelsTr/torso_0005.nii.gz", "labelsTr", str(FLOAT)])
def test_a_copy_in_which_a_case_would_lack_its_truth_is_not_written(spoilt: Path, tmp_path: Path, part: str) -> None:
    (spoilt / part).rename(tmp_path / "elsewhere")
    (spoilt / part).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Refused, match=r"is read by cases and would be missing in a copy: labelsTr\S* is a link"):
        inspect(spoilt, fix=tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["elsewhere", "scans"]


def test_a_copy_whose_cases_have_other_truths_is_not_written(spoilt: Path, tmp_path: Path) -> None:
    """A label map goes while the copy is made; its case stays one, of an image alone."""

    def watch(event: dict) -> None:
        for label in tmp_path.glob(".out.*.part/labelsTr/torso_0005.nii.gz"):
            label.unlink()

    with pytest.raises(Refused, match=r"inputs or truths are not those of the data[\s\S]*not be read as the data are"):
        inspect(spoilt, fix=tmp_path / "out", watch=watch)
    assert os.listdir(tmp_path) == ["scans"]


def list_of(scans: Path, named: Callable[[Path], Path]) -> Path:
    """The folder with a list of its cases, in which files are named so."""
    rows = ["case,image,mask"]
    for image in sorted((scans / "imagesTr").iterdir()):
        rows.append(f"{image.name[:10]},{named(image)},{named(scans / 'labelsTr' / image.name)}")
    (scans / "manifest.csv").write_text("\n".join(rows))
    (scans / "dataset.json").unlink()
    return scans


@pytest.mark.parametrize("is_relative", [False, True])
def test_a_list_that_would_lead_out_of_the_copy(spoilt: Path, tmp_path: Path, is_relative: bool, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    list_of(spoilt, Path.absolute)
    data = Path("scans") if is_relative else spoilt
    assert {mend.file for mend in inspect(data, layout="manifest").mendable} == {spoilt / BARE, spoilt / FLOAT}
    with pytest.raises(Refused, match=r"path that would lead out of a copy[\s\S]*would not be read as the data are"):
        inspect(data, fix="out", layout="manifest")
    assert os.listdir(tmp_path) == ["scans"]


def test_a_list_of_files_elsewhere_is_refused_before_anything_is_copied(
    spoilt: Path, tmp_path: Path, monkeypatch
) -> None:
    list_of(spoilt, Path.absolute)
    (tmp_path / "lists").mkdir()
    (spoilt / "manifest.csv").rename(tmp_path / "lists" / "manifest.csv")
    monkeypatch.setattr("hounsfield.verbs.mending.copy_into", None)
    with pytest.raises(Refused, match="path that would lead out of a copy"):
        inspect(tmp_path / "lists", fix=tmp_path / "out")
    assert sorted(os.listdir(tmp_path)) == ["lists", "scans"]


def test_a_list_by_paths_in_the_folder_is_copied(spoilt: Path, tmp_path: Path) -> None:
    list_of(spoilt, lambda path: path.relative_to(spoilt))
    assert len(inspect(spoilt, fix=tmp_path / "out", layout="manifest").mended.changes) == 2


def test_a_zip_becomes_a_folder(spoilt: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    shutil.make_archive(str(tmp_path / "set"), "zip", spoilt)
    found = inspect(tmp_path / "set.zip", fix=tmp_path / "out")
    assert {change.file for change in found.mended.changes} == {str(BARE), str(FLOAT)}
    assert np.array_equal(
        nib.load(tmp_path / "out" / BARE).affine, nib.load(tmp_path / "out" / "imagesTr" / BARE.name).affine
    )
    (tmp_path / "folder").mkdir()
    (tmp_path / "set.zip").rename(tmp_path / "folder" / "set.zip")
    assert len(inspect(tmp_path / "folder", fix=tmp_path / "again").mended.changes) == 2
    (tmp_path / "folder").rename(tmp_path / "inner")
    (tmp_path / "outer").mkdir()
    (tmp_path / "inner").rename(tmp_path / "outer" / "inner")
    assert len(inspect(tmp_path / "outer", fix=tmp_path / "once more").mended.changes) == 2


def test_a_disk_without_room_is_told_before_anything_is_copied(spoilt: Path, tmp_path: Path, monkeypatch) -> None:
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**9, 10**9, 10**6))
    with pytest.raises(Refused, match="and its disk has 0 MiB left"):
        inspect(spoilt, fix=tmp_path / "out")
    assert os.listdir(tmp_path) == ["scans"]


def test_interrupted_while_it_copies_it_leaves_nothing(spoilt: Path, tmp_path: Path) -> None:
    stages = []

    def watch(event: dict) -> None:
        stages.append(event["stage"])
        if event["stage"] == "copied MiB" and len(os.listdir(tmp_path)) > 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        inspect(spoilt, fix=tmp_path / "out", watch=watch)
    assert stages[-1] == "copied MiB"
    assert os.listdir(tmp_path) == ["scans"]


def test_a_file_that_changes_meanwhile_is_refused(spoilt: Path, tmp_path: Path) -> None:
    def watch(event: dict) -> None:
        if event["stage"] == "copied MiB":
            (spoilt / FLOAT).write_bytes(b"something else")

    with pytest.raises(Refused, match="torso_0002"):
        inspect(spoilt, fix=tmp_path / "out", watch=watch)
    assert os.listdir(tmp_path) == ["scans"]


def test_a_copy_mended_again_remembers_the_first_time(spoilt: Path, tmp_path: Path) -> None:
    inspect(spoilt, fix=tmp_path / "once")
    strip_header(tmp_path / "once" / "labelsTr" / "torso_0004.nii.gz")
    inspect(tmp_path / "once", fix=tmp_path / "twice")
    record = json.loads((tmp_path / "twice" / "mended.json").read_text(encoding="utf-8"))
    assert [change["file"] for change in record["changes"]] == ["labelsTr/torso_0004.nii.gz"]
    assert [change["file"] for change in record["before"]["changes"]] == [str(BARE), str(FLOAT)]


def test_a_page_of_the_data_may_lie_in_the_copy(spoilt: Path, tmp_path: Path) -> None:
    inspect(spoilt, fix=tmp_path / "out", html=tmp_path / "out" / "page.html")
    assert "torso_0001" in (tmp_path / "out" / "page.html").read_text(encoding="utf-8")
