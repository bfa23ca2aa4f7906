"""`inspect` on real folders as they are: what their READMEs say is there, and what is wrong with it."""

import json
import re

import pytest

pytestmark = pytest.mark.data


@pytest.fixture
def inspected(command, data_root):
    """What `inspect --json` says of a folder, by its path below the data."""

    def inspect_it(*parts):
        ended = command("inspect", data_root.joinpath(*parts), "--json")
        assert ended.code == 0, ended.said
        return json.loads(ended.out)

    return inspect_it


def test_two_dates_that_lie_apart(inspected):
    """README: in the brain the correlation is 0.16 by the scanner's coordinates, with the given transforms 0.94."""
    said = inspected("multiple_sclerosis", "longitudinal")
    faults = {fault["check"]: fault for fault in said["faults"] if fault["check"] in ("apart", "transforms")}
    assert all(fault["cases"] == ["patient01"] for fault in faults.values())
    assert all(fault["where"].endswith("study2_FLAIR.nii.gz") for fault in faults.values())
    as_is, given = map(float, re.findall(r" is (0\.\d\d)", faults["transforms"]["what"]))
    assert as_is == pytest.approx(0.16, abs=0.03)
    assert given == pytest.approx(0.94, abs=0.03)
    assert "apart" in faults


@pytest.mark.parametrize(("part", "said"), [("", "8 of 4"), ("nifti", "6 of 3"), ("dicoms", "6 of 1")])
def test_the_patients_of_hearts_are_told_from_names_and_headers(inspected, part, said):
    found = inspected("cardiac_cine", part)
    assert found["said"]["cases"].startswith(f"{said} patient")
    assert any("told from the names" in note for note in found["notes"]) == (part != "dicoms")
