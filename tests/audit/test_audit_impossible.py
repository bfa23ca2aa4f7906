"""Values that can not be."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audited import found, ids, series_of

from hounsfield.audit.checks.impossible import CHECK
from hounsfield.layouts.delimited import LAYOUT as DELIMITED
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.physionet2012 import LAYOUT as PHYSIONET
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.values import Case

RNG = np.random.default_rng(0)


def stay(name: str, **values: float) -> Case:
    """A stay with four measurements of temperature and lactate; `values` replace the third."""
    usual = {"Temp": RNG.normal(37, 0.4, 4), "Lactate": RNG.lognormal(0.3, 0.3, 4)}
    columns = {channel: [*those[:2], values.get(channel, those[2]), those[3]] for channel, those in usual.items()}
    return Case(
        name,
        {"history": series_of(range(4), columns, f"{name}.txt")},
        covariates={"Height": values.get("Height", 170.0)},
    )


CLEAN = [stay(f"s{n}") for n in range(30)]


def test_clean_records_are_not_named() -> None:
    assert found(CHECK, CLEAN) == ()
    assert found(CHECK, phantom_dataset("records", cases=60, seed=0)) == ()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"Temp": -17.8}, "has Temp -17.8 (1 value); the least possible is 14.2 °C"),
        ({"Temp": 98.6}, "has Temp 98.6 (1 value); the most possible is 47 °C"),
        ({"Lactate": 1300.0}, "has Lactate 1300 (1 value); the usual value is"),
    ],
    ids=["below", "above", "far from all others"],
)
def test_a_measurement(value: dict[str, float], words: str) -> None:
    (fault,) = found(CHECK, [*CLEAN, stay("odd", **value)])
    assert fault.where == "odd.txt"
    assert fault.what.startswith(words)
    assert fault.cases == ("odd",)


def test_a_covariate() -> None:
    (fault,) = found(CHECK, [*CLEAN, stay("odd", Height=426.7)])
    assert (fault.where, fault.what) == ("case odd", "has Height 426.7 (1 value); the most possible is 275 cm")


def test_another_unit_is_no_fault() -> None:
    in_fahrenheit = [Case(f"f{n}", {"history": series_of(range(3), {"Temp": [98.2, 99.0, 98.6]})}) for n in range(10)]
    assert found(CHECK, in_fahrenheit) == ()


@pytest.mark.data
def test_intensive_care(data_root: Path) -> None:
    """README: Temp -17.8, pH 94 to 96, Height up to 426.7, zeros of HR, RespRate, blood pressures and PaO2."""
    faults = found(CHECK, PHYSIONET.read(data_root / "icu" / "set-a.zip", ReadOptions()))
    said = {fault.what.split()[1]: fault.what for fault in faults if "least" in fault.what}
    high = {fault.what.split()[1]: fault.what for fault in faults if "most" in fault.what}
    assert "-17.8" in said["Temp"]
    assert {"HR", "RespRate", "PaO2", "SysABP", "DiasABP", "MAP", "NISysABP", "NIDiasABP", "NIMAP"} <= set(said)
    assert "pH 94 to 96" in high["pH"]
    assert "426.7" in high["Height"]
    assert not [fault for fault in faults if "usual" in fault.what and len(fault.cases) > 14]


@pytest.mark.data
def test_four_hospitals(data_root: Path) -> None:
    """README: one V.A. trestbps is 0."""
    faults = found(CHECK, DELIMITED.read(data_root / "hearts_four_hospitals", ReadOptions()))
    assert [fault.what.split(";")[0] for fault in faults] == ["has trestbps 0 (1 value)"]
    assert len(ids(faults)) == 1
