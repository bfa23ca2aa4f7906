"""`inspect` on real folders as they are: what their READMEs say is there, and what is wrong with it."""

import json

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
    """README: by the scanner's coordinates the correlation is 0.16, with the given transforms 0.94."""
    said = inspected("multiple_sclerosis", "longitudinal")
    (fault,) = (fault for fault in said["faults"] if fault["check"] == "apart")
    assert fault["cases"] == ["patient01"]
    assert fault["where"].endswith("study2_FLAIR.nii.gz")


@pytest.mark.parametrize(("part", "said"), [("", "8 of 4"), ("nifti", "6 of 3"), ("dicoms", "6 of 1")])
def test_the_patients_of_hearts_are_told_from_names_and_headers(inspected, part, said):
    found = inspected("cardiac_cine", part)
    assert found["said"]["cases"].startswith(f"{said} patient")
    assert any("told from the names" in note for note in found["notes"]) == (part != "dicoms")
