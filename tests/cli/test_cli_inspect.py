"""inspect on the command line: faults in a table, the surest first, few of each check; all of them in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np

from hounsfield.cli.tables import print_faults
from hounsfield.values import Fault


def spoil(scans: Path, *numbers: int) -> None:
    for number in numbers:
        path = scans / "imagesTr" / f"torso_{number:04d}.nii.gz"
        volume = nib.load(path)
        array = np.asarray(volume.dataobj).astype(np.float32)
        array[0, 0, 0] = np.nan
        nib.save(nib.Nifti1Image(array, volume.affine), path)


def test_faults_are_shown_with_file_and_remedy(scans: Path, command) -> None:
    assert command("inspect", scans, "--strict").code == 0
    spoil(scans, 3, 4, 5, 6, 7)
    ended = command("inspect", scans)
    assert (ended.code, ended.said) == (0, [])
    lines = ended.out.splitlines()
    head = next(n for n, line in enumerate(lines) if line.startswith("sure"))
    assert lines[head].split() == ["sure", "check", "where", "what", "looks", "wrong", "what", "to", "do"]
    assert lines[head + 1].split()[:4] == ["100", "%", "numbers", "imagesTr/torso_0003.nii.gz"]
    assert "has 1 NaN of 4096 elements" in lines[head + 1]
    assert "Export it again" in lines[head + 1]
    assert "Export it again" not in lines[head + 2]
    assert "and 2 more" in lines[head + 4]
    assert lines[head + 5] == "All of them: --json."
    assert "    faults  5 of numbers" in ended.out
    assert command("inspect", scans, "--strict").code == 3
    told = json.loads(command("inspect", scans, "--json").out)
    assert [fault["cases"] for fault in told["faults"]] == [[f"torso_{n:04d}"] for n in (3, 4, 5, 6, 7)]


def test_checks_follow_each_other_by_their_surest_fault(capsys) -> None:
    faults = [
        Fault("grids", "data/a", "lies elsewhere than data/b", "Mend it.", 1.0),
        Fault("flat", "data/c", "is flat", "Drop it.", 0.9),
        Fault("unreadable", "data/d", "is cut short", "Copy it.", 1.0),
        Fault("grids", "data/e", "lies elsewhere", "Mend it.", 0.5),
    ]
    print_faults(sorted(faults, key=lambda fault: -fault.sure), below="data")
    rows = [line.split()[:4] for line in capsys.readouterr().out.splitlines()[2:]]
    assert rows == [["100", "%", "grids", "a"], ["50", "%", "grids", "e"], ["90", "%", "flat", "c"]]


def test_without_faults_nothing_is_shown(capsys) -> None:
    print_faults([], below="data")
    assert capsys.readouterr().out == ""
