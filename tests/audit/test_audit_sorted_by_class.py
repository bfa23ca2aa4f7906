"""Lists that run class by class; folders have no order."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audited import found, said

from hounsfield.audit.checks.sorted_by_class import CHECK, runs_of
from hounsfield.layouts.class_folders import LAYOUT as CLASS_FOLDERS
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.medmnist import LAYOUT as MEDMNIST
from hounsfield.values import Case


def listed(names: list[str], split: str | None = None) -> list[Case]:
    return [
        Case(f"{split}{n}", {}, said(name, ("a", "b", "c"), f"x.npz::labels[{n}]"), split=split)
        for n, name in enumerate(names)
    ]


def test_runs_by_hand() -> None:
    runs, expected, deviation = runs_of(list("aabba"))
    assert runs == 3
    assert expected == pytest.approx(1 + 2 * 3 * 2 / 5)  # Wald and Wolfowitz, two classes
    assert deviation**2 == pytest.approx(12 * (12 - 5) / (25 * 4))


def test_a_sorted_list() -> None:
    (fault,) = found(CHECK, listed(["a"] * 30 + ["b"] * 12 + ["c"] * 20))
    assert fault.where == "x.npz"
    assert fault.what == "lists its 62 cases sorted by class: 30 a, 12 b, 20 c"
    assert fault.sure == 1.0


def test_a_nearly_sorted_part() -> None:
    shuffled = list(np.random.default_rng(0).permutation(["a"] * 40 + ["b"] * 40))
    sorted_ = ["a"] * 40 + ["b"] * 40
    sorted_[10], sorted_[70] = "b", "a"
    (fault,) = found(CHECK, [*listed(shuffled, "training"), *listed(sorted_, "test")])
    assert fault.what == "lists its 80 test cases nearly sorted by class: 6 stretches, not 41"
    assert fault.sure < 1


def test_a_random_order_and_few_of_a_class_are_well() -> None:
    rng = np.random.default_rng(1)
    for _ in range(20):
        assert found(CHECK, listed(list(rng.permutation(["a"] * 30 + ["b"] * 30)))) == ()
    assert found(CHECK, listed(["a"] * 60 + ["b"] * 2)) == ()


@pytest.mark.parametrize("place", ["data", "data.zip::data"])
def test_folders_have_no_order(place: str) -> None:
    cases = [Case(f"{name}{n}", {}, said(name, where=f"{place}/{name}")) for name in ("no", "yes") for n in range(40)]
    assert found(CHECK, cases) == ()


@pytest.mark.data
def test_chest_films(data_root: Path) -> None:
    """README: training images are sorted by class, first all 3494 pneumonia, then all 388 normal."""
    films = MEDMNIST.read(data_root / "chest_xray", ReadOptions())
    faults = found(CHECK, films)
    assert faults[0].what == "lists its 3882 training cases sorted by class: 3494 pneumonia, 388 normal"
    assert all("training" in fault.what for fault in faults)


@pytest.mark.data
def test_six_modalities(data_root: Path) -> None:
    assert found(CHECK, CLASS_FOLDERS.read(data_root / "six_modalities", ReadOptions())) == ()
