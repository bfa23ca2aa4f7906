"""The same picture with opposite labels."""

from __future__ import annotations

from pathlib import Path

import pytest
from audited import as_jpeg, breast_ultrasound, found, image_of, said, texture

from hounsfield.audit.checks.contradictions import CHECK
from hounsfield.values import Case

ARRAYS = [texture(seed) for seed in range(8)]
NAMES = ["no", "yes"] * 4
CLEAN = [
    Case(f"c{n}", {"image": image_of(array, f"c{n}.png")}, said(name))
    for n, (array, name) in enumerate(zip(ARRAYS, NAMES, strict=True))
]


@pytest.mark.parametrize("quality", [None, 70], ids=["copy", "near copy"])
def test_a_copy_with_the_opposite_label(quality: int | None) -> None:
    array = ARRAYS[5] if quality is None else as_jpeg(ARRAYS[5], quality)
    (fault,) = found(CHECK, [*CLEAN, Case("other", {"image": image_of(array, "other.png")}, said("no"))])
    assert fault.where == "c5.png and other.png"
    assert "are said to be yes and no" in fault.what
    assert fault.what.startswith("are the same" if quality is None else "are nearly the same")
    assert fault.cases == ("c5", "other")
    assert (fault.sure == 1.0) == (quality is None)


def test_copies_with_one_opinion_are_no_contradiction() -> None:
    assert found(CHECK, CLEAN) == ()
    assert found(CHECK, [*CLEAN, Case("other", {"image": image_of(ARRAYS[5], "other.png")}, said("yes"))]) == ()
    assert found(CHECK, [*CLEAN, Case("other", {"image": image_of(ARRAYS[5], "other.png")})]) == ()


@pytest.mark.data
def test_breast_ultrasound(data_root: Path) -> None:
    """README: benign (433) and malignant (145) are the same picture."""
    cases = breast_ultrasound(data_root)
    assert len(cases) == 52
    faults = found(CHECK, cases)
    assert faults[0].cases == ("benign (433)", "malignant (145)")
    assert faults[0].what == "are the same, and are said to be benign and malignant"
    assert len(faults) == 1
