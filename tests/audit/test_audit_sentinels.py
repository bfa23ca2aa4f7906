"""Numbers that stand for "not measured"."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audited import dataset, found, series_of

from hounsfield.audit.checks.sentinels import CHECK
from hounsfield.layouts.delimited import LAYOUT as DELIMITED
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.physionet2012 import LAYOUT as PHYSIONET
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.values import Case, SetAside


def patients(values, name: str = "chol") -> list[Case]:
    return [Case(f"p{n}", {}, covariates={name: float(value)}) for n, value in enumerate(values)]


def real(n: int = 100) -> np.ndarray:
    return np.round(np.random.default_rng(0).normal(240, 40, n), 1)


@pytest.mark.parametrize("value", [0, -1, 999, -9])
def test_a_number_far_from_all_others(value: float) -> None:
    (fault,) = found(CHECK, patients([*real(), *[value] * 8]))
    assert fault.where == "set, chol"
    assert fault.what.startswith(f"is {value} in 8 cases of 108, far from all other values (")
    assert len(fault.cases) == 8


def test_what_is_part_of_the_values_is_not_named() -> None:
    assert found(CHECK, patients(real())) == ()
    assert found(CHECK, patients([*real(), 0, 0])) == ()  # twice is not often
    rng = np.random.default_rng(1)
    depression = np.round(np.abs(rng.normal(0, 1, 200)), 1)  # 0 is the commonest of them
    assert found(CHECK, patients(depression)) == ()
    assert found(CHECK, patients([0] * 50 + [1] * 30 + [2] * 20)) == ()  # grades
    assert found(CHECK, phantom_dataset("records", cases=60, seed=0)) == ()


def test_in_series() -> None:
    rng = np.random.default_rng(2)
    rates = [[*np.round(rng.normal(80, 8, 5)), *([-1.0] if n % 3 else [])] for n in range(30)]
    cases = [
        Case(f"s{n}", {"history": series_of(range(len(values)), {"HR": values})}) for n, values in enumerate(rates)
    ]
    (fault,) = found(CHECK, cases)
    assert fault.what.startswith("is -1 in 20 cases of 30, far from all other values (from ")


def test_what_the_layout_knew_is_told() -> None:
    aside = SetAside("Height", "a.zip", "says 'not known' by -1", -1.0, ("p1", "p2"))
    (fault,) = found(CHECK, dataset(patients(real(5)), set_aside=(aside,)))
    assert (fault.where, fault.cases) == ("a.zip, Height", ("p1", "p2"))
    assert fault.what == "says 'not known' by -1, in 2 cases of 5"


@pytest.mark.data
def test_intensive_care(data_root: Path) -> None:
    """README: -1 means "not known": Height in 679 stays, Weight in 120, Gender in 2."""
    faults = found(CHECK, PHYSIONET.read(data_root / "icu", ReadOptions()))
    known = {fault.where.rpartition(", ")[2]: len(fault.cases) for fault in faults if "not known" in fault.what}
    assert known == {"Height": 679, "Weight": 120, "Gender": 2}
    assert len(faults) - len(known) <= 2, faults


@pytest.mark.data
def test_four_hospitals(data_root: Path) -> None:
    """README: chol is 0 for all 86 Swiss patients and 38 V.A. patients."""
    (fault,) = found(CHECK, DELIMITED.read(data_root / "hearts_four_hospitals", ReadOptions()))
    assert fault.where.endswith(", chol")
    assert "is 0 in 124 cases: 86 of 86 of switzerland, 38 of 140 of va" in fault.what
