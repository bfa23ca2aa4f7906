"""Copies and patients on both sides of the split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from audited import as_jpeg, found, image_of, skin_lesions, texture

from hounsfield.audit.checks.split_leaks import CHECK
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.medmnist import LAYOUT as MEDMNIST
from hounsfield.values import Case

ARRAYS = [texture(seed) for seed in range(9)]
PARTS = ["training"] * 5 + ["validation"] * 2 + ["test"] * 2
CLEAN = [
    Case(f"c{n}", {"image": image_of(array, f"c{n}.png")}, split=part)
    for n, (array, part) in enumerate(zip(ARRAYS, PARTS, strict=True))
]


def other(array, split: str | None, patient: str = "") -> Case:
    return Case("other", {"image": image_of(array, "other.png")}, split=split, patient=patient)


def test_a_copy_in_another_part() -> None:
    (fault,) = found(CHECK, [*CLEAN, other(ARRAYS[1], "test")])
    assert fault.where == "c1.png and other.png"
    assert fault.what == "are the same, one in training and one in test"
    assert (fault.cases, fault.sure) == (("c1", "other"), 1.0)


def test_a_near_copy_in_another_part() -> None:
    (fault,) = found(CHECK, [*CLEAN, other(as_jpeg(ARRAYS[1], 70), "validation")])
    assert fault.what == "are nearly the same, one in training and one in validation"
    assert fault.cases == ("c1", "other")


def test_a_patient_in_two_parts() -> None:
    (fault,) = found(CHECK, [*CLEAN, other(texture(50), "test", patient="c2")])
    assert fault.where == "set, patient c2"
    assert fault.what == "has cases in training (c2) and in test (other)"


def test_a_patient_whose_pairs_are_in_two_parts() -> None:
    first, second = (
        replace(other(texture(50 + n), part), id=f"a__{name}", patient=f"a+{name}", several=("a", name))
        for n, (name, part) in enumerate((("b", "training"), ("c", "test")))
    )
    (fault,) = found(CHECK, [*CLEAN, first, second])
    assert fault.where == "set, patient a"
    assert fault.what == "has cases in training (a__b) and in test (a__c)"
    assert found(CHECK, [*CLEAN, first, replace(second, split="training")]) == ()


def test_what_is_in_one_part_or_in_none_is_no_leak() -> None:
    assert found(CHECK, CLEAN) == ()
    assert found(CHECK, [*CLEAN, other(ARRAYS[1], "training")]) == ()
    assert found(CHECK, [*CLEAN, other(ARRAYS[1], None)]) == ()


@pytest.mark.data
def test_skin_lesions(data_root: Path) -> None:
    """README: ISIC_0012970 (training) and ISIC_0012127 (validation) are the same file."""
    cases = skin_lesions(data_root)
    assert len(cases) == 158
    faults = found(CHECK, cases)
    assert faults[0].cases == ("ISIC_0012970", "ISIC_0012127")
    assert faults[0].what == "are the same, one in training and one in validation"
    assert len(faults) <= 3


@pytest.mark.data
def test_chest_films(data_root: Path) -> None:
    """README: 8 images, all pneumonia, are in train and val."""
    faults = found(CHECK, MEDMNIST.read(data_root / "chest_xray", ReadOptions()))
    copies = [fault for fault in faults if fault.sure == 1.0]
    assert len(copies) == 8
    assert all(fault.what == "are the same, one in training and one in validation" for fault in copies)
    assert len(faults) <= 0.02 * 5030
