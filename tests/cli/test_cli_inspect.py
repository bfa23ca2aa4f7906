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
    head = lines.index("numbers  (5, up to 100 % sure)")
    assert lines[head + 1].startswith("  imagesTr/torso_0003.nii.gz has 1 NaN of 4096 elements")
    assert [line.split()[0] for line in lines[head + 2 : head + 4]] == [f"imagesTr/torso_000{n}.nii.gz" for n in (4, 5)]
    assert lines[head + 4].startswith("    -> Export it again")
    assert lines[head + 5 : head + 8] == [
        "  and 2 more",
        "",
        "All of them: --json, or --html FILE for a page with pictures.",
    ]
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
    assert capsys.readouterr().out.splitlines() == [
        "",
        "grids  (2, up to 100 % sure)",
        "  a lies elsewhere than b.",
        "  e lies elsewhere.",
        "    -> Mend it.",
        "",
        "flat  (90 % sure)",
        "  c is flat.",
        "    -> Drop it.",
    ]


def test_files_are_named_from_the_folder_given(capsys) -> None:
    where = "data/metadata/x9.png and data/data/x.png, data/a.png"
    print_faults([Fault("flat", where, "are like data/old.data/y.png", "Look.")], below="data")
    assert "  metadata/x9.png and data/x.png, a.png are like old.data/y.png." in capsys.readouterr().out.splitlines()


def test_without_faults_nothing_is_shown(capsys) -> None:
    print_faults([], below="data")
    assert capsys.readouterr().out == ""
