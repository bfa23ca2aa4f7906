"""Files that are read rightly here and may be read otherwise elsewhere."""

from __future__ import annotations

import zipfile
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from audited import found
from PIL import Image as Pillow

from hounsfield.audit.checks.ambiguous import CHECK
from hounsfield.layouts import lazies
from hounsfield.values import Case, Truth
from hounsfield.verbs.inspect import inspect


def nifti(path: Path, *, shift: tuple[float, float, float] = (0, 0, 0), degrees: float = 0, codes=(1, 1)) -> Path:
    """A file whose qform lies elsewhere than its sform, by a shift and a turn about the axis from below to above."""
    image = nib.Nifti1Image(np.zeros((5, 6, 7), np.int16), np.diag([2.0, 2, 3, 1]))
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    other = np.eye(4)
    other[:3, :3] = turn @ np.diag([2.0, 2, 3])
    other[:3, 3] = shift
    image.set_sform(np.diag([2.0, 2, 3, 1]), code=codes[0])
    image.set_qform(other, code=codes[1])
    nib.save(image, path)
    return path


def cases(*paths: Path) -> list[Case]:
    return [Case(f"c{number}", {"image": lazies.image(path)}) for number, path in enumerate(paths)]


def test_a_place_that_is_stated_twice(tmp_path: Path) -> None:
    good = [nifti(tmp_path / f"{n}.nii.gz") for n in range(3)]
    (fault,) = found(CHECK, cases(*good, nifti(tmp_path / "odd.nii.gz", shift=(3, 4, 12))))
    assert (fault.where, fault.cases) == (str(tmp_path / "odd.nii.gz"), ("c3",))
    assert fault.what == "states its place twice, up to 13 mm apart: the sform counts here, elsewhere the qform may"
    assert "set both" in fault.remedy
    assert fault.sure < 0.5


def test_a_turn_is_told_by_how_far_it_carries(tmp_path: Path) -> None:
    """The farthest element, 8 and 10 mm from the axis, moves by 2 sin(45 degrees) times its distance."""
    (fault,) = found(CHECK, cases(nifti(tmp_path / "a.nii", degrees=90)))
    assert f"up to {2 * np.sin(np.pi / 4) * np.hypot(8, 10):.3g} mm apart" in fault.what


def test_rounding_and_a_single_place_are_no_matter(tmp_path: Path) -> None:
    paths = [
        nifti(tmp_path / "a.nii", shift=(0.1, 0, 0)),
        nifti(tmp_path / "b.nii", shift=(50, 0, 0), codes=(1, 0)),
        nifti(tmp_path / "c.nii", shift=(50, 0, 0), codes=(0, 1)),
    ]
    assert found(CHECK, cases(*paths)) == ()


def test_labels_are_looked_at_too(tmp_path: Path) -> None:
    image, label = nifti(tmp_path / "a.nii"), nifti(tmp_path / "b.nii", shift=(0, 0, 9))
    truth = Truth(lazies.labels_on(label, image, {1: "liver"}))
    (fault,) = found(CHECK, [Case("c", {"image": lazies.image(image)}, {"labels": truth})])
    assert fault.where == str(label)


def test_a_habit_of_the_whole_set_is_said_once(tmp_path: Path) -> None:
    paths = [nifti(tmp_path / f"{n}.nii.gz", shift=(0, 0, 30 + n)) for n in range(6)]
    (fault,) = found(CHECK, cases(*paths))
    assert fault.where == f"{paths[0]} and 5 more"
    assert "up to 30 mm apart" in fault.what
    assert len(fault.cases) == 6


def picture(path: Path, kind: str) -> Path:
    rng = np.random.default_rng(len(path.name))
    Pillow.fromarray(rng.integers(0, 255, (8, 9), np.uint8)).save(path, kind)
    return path


def test_a_picture_of_another_kind_than_its_name_says(tmp_path: Path) -> None:
    paths = [picture(tmp_path / f"{n}.png", "PNG") for n in "abc"]
    (fault,) = found(CHECK, cases(*paths, picture(tmp_path / "d.png", "JPEG")))
    assert (fault.where, fault.cases) == (str(tmp_path / "d.png"), ("c3",))
    assert fault.what == "is a JPEG by its content, whatever its name says"
    assert "others may refuse it" in fault.remedy
    assert fault.sure < 0.5


def test_inspect_says_so_of_a_folder_and_of_a_zip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = tmp_path / "set"
    for name, kind in (("a", "PNG"), ("b", "PNG"), ("c", "PNG"), ("dd", "BMP")):
        for place in ("images", "labels"):
            (folder / place).mkdir(parents=True, exist_ok=True)
            picture(folder / place / f"{name}.png", kind if place == "images" else "PNG")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        for path in sorted(folder.rglob("*.png")):
            archive.write(path, path.relative_to(tmp_path))
    for path, where in ((folder, folder), (tmp_path / "set.zip", f"{tmp_path / 'set.zip'}::set")):
        said = [fault for fault in inspect(path).faults if fault.check == "ambiguous"]
        assert [fault.where for fault in said] == [f"{where}/images/dd.png"]
        assert "is a BMP" in said[0].what


@pytest.mark.data
def test_real_files_that_agree(data_root: Path) -> None:
    """nibabel: sform and qform of all hippocampi agree; those of the samples are set in one way or agree."""
    paths = [*sorted((data_root / "hippocampus" / "imagesTr").glob("*_00*.nii.gz")), *(data_root / "ct").rglob("*.gz")]
    apart = []
    for path in paths:
        header = nib.load(path).header
        s, q = header.get_sform(coded=True), header.get_qform(coded=True)
        if s[1] and q[1] and not np.allclose(s[0], q[0], atol=1e-2):
            apart.append(str(path))
    assert {fault.where for fault in found(CHECK, cases(*paths))} == set(apart)
