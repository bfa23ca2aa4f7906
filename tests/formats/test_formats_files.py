"""What files are called."""

from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hounsfield.formats.files import stem_of, suffix_of


@pytest.mark.parametrize(
    ("name", "stem", "suffix"),
    [
        ("case_01.nii.gz", "case_01", ".nii.gz"),
        ("CASE.NII.GZ", "CASE", ".nii.gz"),
        ("scan.v2.png", "scan.v2", ".png"),
        ("archive.gz", "archive", ".gz"),
        (".hidden", ".hidden", ""),
        (".nii.gz", ".nii", ".gz"),
        ("IM0001", "IM0001", ""),
        ("ends.", "ends.", ""),
    ],
)
def test_stem_and_suffix(name: str, stem: str, suffix: str) -> None:
    assert (stem_of(PurePosixPath(name)), suffix_of(PurePosixPath(name))) == (stem, suffix)


@given(st.text("agn iZ.", min_size=1, max_size=12).filter(lambda name: ".." not in name and name != "."))
def test_the_last_suffix_is_that_of_pathlib(name: str) -> None:
    path = PurePosixPath(name)
    assert suffix_of(path).endswith(path.suffix.lower())
    assert (suffix_of(path) == "") == (path.suffix == "")


@pytest.mark.parametrize(
    ("name", "stem"), [("x.\u0130", "x"), ("\u0130.NII.GZ", "\u0130"), ("\u0130\u0130", "\u0130\u0130")]
)
def test_letters_that_are_two_in_lower_case_cost_no_letter_of_the_stem(name: str, stem: str) -> None:
    assert stem_of(PurePosixPath(name)) == stem
