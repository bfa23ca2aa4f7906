"""Series that measure the same thing more than once at the same time."""

from __future__ import annotations

from math import nan
from pathlib import Path

import pytest
from audited import found, series_of

from hounsfield.audit.checks.repeated_times import CHECK, repeats_of
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.physionet2012 import LAYOUT as PHYSIONET
from hounsfield.values import Case

REPEATED = series_of(
    [0, 1, 1, 1, 2, 2], {"HR": [80, 81, 82, 83, 84, nan], "Temp": [37, nan, nan, 37, nan, 38]}, "r.txt"
)
CLEAN = series_of([0, 1, 1], {"HR": [80, 81, nan], "Temp": [37, nan, 38]}, "c.txt")
EMPTY = series_of([], {"HR": [], "Temp": []}, "e.txt")


def test_counted_by_channel() -> None:
    assert repeats_of(REPEATED.load()) == {"HR": 1}
    assert repeats_of(CLEAN.load()) == {}
    assert repeats_of(EMPTY.load()) == {}


def test_the_series_are_named_together() -> None:
    cases = [Case(n, {"history": series}) for n, series in (("r", REPEATED), ("c", CLEAN), ("e", EMPTY))]
    (fault,) = found(CHECK, cases)
    assert (fault.where, fault.cases) == ("r.txt", ("r",))
    assert fault.what == "measures something more than once at the same time in 1 case of 3, 1 time in all (HR 1)"
    assert found(CHECK, cases[1:]) == ()


@pytest.mark.data
def test_intensive_care(data_root: Path) -> None:
    """README: 425 stays hold the same (Time, Parameter) more than once (1,372 times; mostly MAP, Urine and Temp)."""
    (fault,) = found(CHECK, PHYSIONET.read(data_root / "icu", ReadOptions()))
    assert len(fault.cases) == 425
    assert "1372 times in all" in fault.what
    assert all(word in fault.what for word in ("MAP", "Urine", "Temp"))
