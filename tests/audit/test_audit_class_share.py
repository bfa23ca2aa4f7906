"""Class shares that differ between the parts of the split."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audited import found, said, skin_lesions
from scipy.stats import chi2_contingency

from hounsfield.audit.checks.class_share import CHECK, chi_square
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.medmnist import LAYOUT as MEDMNIST
from hounsfield.values import Case


def split(**counts: tuple[int, int]) -> list[Case]:
    """Cases by part: (no, yes)."""
    return [
        Case(f"{part}{name}{n}", {}, said(name), split=part)
        for part, both in counts.items()
        for name, count in zip(("no", "yes"), both, strict=True)
        for n in range(count)
    ]


def test_the_test_is_pearsons() -> None:
    table = np.array([[90.0, 10.0, 5.0], [60.0, 30.0, 9.0]])
    reference = chi2_contingency(table, correction=False)
    chance, effect = chi_square(table)
    assert chance == pytest.approx(reference.pvalue)
    assert effect == pytest.approx(np.sqrt(reference.statistic / table.sum()))


def test_a_shifted_share() -> None:
    (fault,) = found(CHECK, split(training=(450, 50), test=(120, 80)))
    assert fault.where == "set"
    assert fault.what.endswith("no is 90 % of training, 60 % of test")


def test_equal_shares_and_chance_are_well() -> None:
    assert found(CHECK, split(training=(450, 50), test=(91, 9))) == ()
    assert found(CHECK, split(training=(20, 4), test=(6, 4))) == ()  # 17 % and 40 %, of a few
    assert found(CHECK, split(training=(9000, 1000), test=(2600, 400))) == ()  # sure, and too small to matter
    assert found(CHECK, split(training=(40, 40))) == ()


@pytest.mark.data
def test_chest_films(data_root: Path) -> None:
    """README: normals are 10 % of train but 26 % of val and 37 % (37.5) of test."""
    (fault,) = found(CHECK, MEDMNIST.read(data_root / "chest_xray", ReadOptions()))
    assert "normal is 10 % of training, 26 % of validation, 38 % of test" in fault.what


@pytest.mark.data
def test_skin_lesions(data_root: Path) -> None:
    assert found(CHECK, skin_lesions(data_root)) == ()  # 22 of 121 and 7 of 37
