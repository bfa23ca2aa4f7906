"""Columns that give the outcome away."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audited import dataset, found, said

from hounsfield.audit.checks.giveaways import CHECK, separation
from hounsfield.layouts.delimited import LAYOUT as DELIMITED
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.physionet2012 import LAYOUT as PHYSIONET
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.values import Case, SetAside

OUTCOMES = ["yes" if n % 3 else "no" for n in range(90)]
RNG = np.random.default_rng(0)


def patients(column: str, values, sites=None) -> list[Case]:
    rows = zip(OUTCOMES, values, sites or [""] * len(OUTCOMES), strict=True)
    return [
        Case(f"p{n}", {}, said(outcome), {"age": float(RNG.normal(60, 9)), column: value}, site=site)
        for n, (outcome, value, site) in enumerate(rows)
    ]


def test_the_area_by_hand() -> None:
    values = [*map(float, range(20)), *map(float, range(15, 35))]
    is_it = np.arange(40) >= 20
    # of 20 x 20 pairs those of 15..19 against 15..19 are won, tied or lost: 10 won, 5 tied, 10 lost
    assert separation(values, is_it) == pytest.approx((400 - 10 - 5 / 2) / 400)


@pytest.mark.parametrize(
    "values",
    [
        [float(outcome == "yes") + 0.01 * n / 90 for n, outcome in enumerate(OUTCOMES)],
        [-5.0 if outcome == "yes" else 5.0 for outcome in OUTCOMES],
        ["ward" if outcome == "yes" else "home" for outcome in OUTCOMES],
        [7.0 if outcome == "yes" else None for outcome in OUTCOMES],
    ],
    ids=["number", "the other way round", "word", "known or not"],
)
def test_a_column_that_tells_the_class(values) -> None:
    (fault,) = found(CHECK, patients("bed", values))
    assert fault.where == "set, bed"
    assert fault.what == "tells whether diagnosis is no by itself (area under the curve 1.000)"


def test_a_site_of_one_class() -> None:
    sites = ["north" if outcome == "yes" else "south" for outcome in OUTCOMES]
    (fault,) = found(CHECK, patients("x", RNG.normal(size=90).tolist(), sites))
    assert fault.where == "set, site"


def test_columns_named_as_an_outcome() -> None:
    for name in ("Length_of_stay", "hospitalDeath", "survival days", "LOS"):
        (fault,) = found(CHECK, patients(name, RNG.normal(size=90).tolist()))
        assert (fault.where, fault.sure) == (f"set, {name}", 0.6)
    for name in ("closure", "stayer", "glucose"):
        assert found(CHECK, patients(name, RNG.normal(size=90).tolist())) == ()


def test_columns_that_tell_little_are_not_named() -> None:
    noisy = [float(outcome == "yes") + RNG.normal(0, 1) for outcome in OUTCOMES]
    assert found(CHECK, patients("x", noisy)) == ()
    names = [f"name {n}" for n in range(90)]
    assert found(CHECK, patients("x", names)) == ()
    assert found(CHECK, patients("x", [float(o == "yes") for o in OUTCOMES])[:20]) == ()  # too few to say
    assert found(CHECK, phantom_dataset("records", cases=80, seed=0)) == ()


def test_outcomes_that_the_layout_left_out() -> None:
    aside = [SetAside(name, "Outcomes.txt", "is known only afterwards") for name in ("SOFA", "Survival")]
    (fault,) = found(CHECK, dataset(patients("x", RNG.normal(size=90).tolist()), set_aside=tuple(aside)))
    assert (fault.where, fault.what) == ("Outcomes.txt", "has 2 columns known only afterwards: SOFA, Survival")


@pytest.mark.data
def test_intensive_care(data_root: Path) -> None:
    """README: the other outcome columns must not be used as inputs."""
    (fault,) = found(CHECK, PHYSIONET.read(data_root / "icu", ReadOptions()))
    assert fault.where.endswith("Outcomes-a.txt")
    assert fault.what == "has 4 columns known only afterwards: SAPS-I, SOFA, Length_of_stay, Survival"


@pytest.mark.data
def test_four_hospitals(data_root: Path) -> None:
    assert found(CHECK, DELIMITED.read(data_root / "hearts_four_hospitals", ReadOptions())) == ()
