"""inspect --fix on the command line: what was mended, what is left, what to type next."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from hounsfield.cli.inspect import _fixing


def strip_header(scans: Path, *numbers: int) -> None:
    for number in numbers:
        path = scans / "labelsTr" / f"torso_{number:04d}.nii.gz"
        nib.save(nib.Nifti1Image(np.asarray(nib.load(path).dataobj), np.eye(4)), path)


def test_what_was_mended_is_listed_and_the_copy_is_what_to_look_at_next(scans: Path, tmp_path: Path, command) -> None:
    strip_header(scans, 3, 4)
    lines = command("inspect", scans).out.splitlines()
    offer = f"2 files can be mended safely, in a copy: hounsfield inspect {scans} --fix {scans}_mended"
    assert lines[-3] == offer
    out = tmp_path / "a copy"
    ended = command("inspect", scans, "--fix", out)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert any(line.endswith("--fix OUT does it in a copy.") for line in lines)  # the remedy of the fault
    head = lines.index(f"Mended in {out}:")
    said = "has the grid of its image in its header: its own said nothing"
    assert lines[head + 1 : head + 4] == [
        f"  labelsTr/torso_0003.nii.gz {said}",
        f"  labelsTr/torso_0004.nii.gz {said}",
        "No fault is left.",
    ]
    assert lines[-1] == f"Next: hounsfield inspect '{out}'"
    assert command("inspect", out, "--strict").code == 0
    ended = command("inspect", scans, "--fix", out)
    assert (ended.code, ended.out) == (2, "")
    assert ended.said == [
        f"hounsfield: {out}: is there already, and nothing is mended in place. Name a new folder for the mended copy."
    ]


def test_many_files_and_what_is_left(scans: Path, tmp_path: Path, command) -> None:
    for number in range(9):
        path = scans / "labelsTr" / f"torso_{number:04d}.nii.gz"
        nib.save(nib.Nifti1Image(np.asarray(nib.load(path).dataobj).astype(float), nib.load(path).affine), path)
    for part, spoil in (("labelsTr", np.asarray), ("imagesTr", np.zeros_like)):
        path = scans / part / "torso_0009.nii.gz"
        affine = np.eye(4) if part == "labelsTr" else nib.load(path).affine
        nib.save(nib.Nifti1Image(spoil(np.asarray(nib.load(path).dataobj)), affine), path)
    (scans / "link").symlink_to(tmp_path)
    ended = command("inspect", scans, "--fix", tmp_path / "out", "--strict")
    assert ended.code == 3
    lines = ended.out.splitlines()
    head = lines.index(f"Mended in {tmp_path / 'out'}:")
    assert len([line for line in lines[head:] if "every value the same" in line]) == 9
    assert "Not copied: link is a link that leads out of the folder" in lines
    assert "2 faults left to look at: 1 of flat, 1 of grids." in lines  # a flat image does not show how labels lie


def test_nothing_to_mend(scans: Path, tmp_path: Path, command) -> None:
    ended = command("inspect", scans, "--fix", tmp_path / "out")
    assert ended.code == 0
    assert "Nothing here can be mended safely, so no copy was written." in ended.out
    assert ended.out.splitlines()[-1].startswith("Next: hounsfield plan")
    assert not (tmp_path / "out").exists()


def test_all_of_it_as_json(scans: Path, tmp_path: Path, command) -> None:
    strip_header(scans, 3)
    told = json.loads(command("inspect", scans, "--fix", tmp_path / "out", "--json").out)
    (change,) = told["mended"]["changes"]
    assert (change["file"], change["check"]) == ("labelsTr/torso_0003.nii.gz", "grids")
    assert len(change["sha256_after"]) == 64
    assert told["mendable"] == [{"file": str(scans / change["file"]), "check": "grids", "what": change["what"]}]
    assert json.loads(command("inspect", tmp_path / "out", "--json").out)["mended"] is None


@pytest.mark.parametrize(
    ("data", "copy"),
    [("a b/", "'a b_mended'"), ("set.zip", "set_mended"), ("v1.5", "v1.5_mended"), (".", "here_mended")],
)
def test_the_copy_is_never_put_into_the_data(data: str, copy: str, tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert _fixing(data).endswith(copy)
    assert data != "." or _fixing(data).endswith(f"--fix {tmp_path}/here_mended")
