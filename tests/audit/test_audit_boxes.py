"""Boxes that can not be right."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from audited import found, ids

from hounsfield.audit.checks.boxes import CHECK
from hounsfield.layouts import lazies
from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.voc import LAYOUT as VOC
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.values import Boxes, Case, Grid, Truth

SHAPE = (40, 60)


def case(name: str, *corners: tuple[float, float, float, float], labels: tuple[str, ...] = ()) -> Case:
    """Boxes from first and last index, inclusive: (row, column, row, column)."""
    array = np.array(corners).reshape(-1, 2, 2) + np.array([[-0.5], [0.5]])
    boxes = Boxes(array, Grid.picture(SHAPE), labels or ("cell",) * len(corners))
    return Case(name, {}, {"boxes": Truth(lazies.ready(boxes, f"{name}.xml", name.encode()))})


GOOD = case("good", (0, 0, 9, 9), (3, 4, 12, 13), (20, 30, 39, 59))


def test_clean_boxes_are_not_named() -> None:
    assert found(CHECK, [GOOD, case("none")]) == ()
    assert found(CHECK, phantom_dataset("cells", cases=4, seed=0)) == ()


@pytest.mark.parametrize(
    ("corners", "words"),
    [
        ((5, 5, 5, 5), "box 1 (cell, from index 5, 5) without width or height"),
        ((5, 5, 25, 5), "box 1 (cell, from index 5, 5) without width or height"),
        ((20, 9, 10, 30), "box 1 (cell, from index 20, 9) with its corners exchanged"),
        ((20, 40, 30, 65), "box 1 (cell, from index 20, 40) outside of its image"),
        ((-4, 4, 8, 9), "box 1 (cell, from index -4, 4) outside of its image"),
    ],
    ids=["a point", "a line", "inverted", "past the end", "before the beginning"],
)
def test_single_boxes(corners, words: str) -> None:
    (fault,) = found(CHECK, [GOOD, case("bad", corners, (15, 15, 25, 25))])
    assert (fault.where, fault.what, fault.cases) == ("bad.xml", f"has {words}", ("bad",))


def test_one_object_boxed_twice() -> None:
    (fault,) = found(CHECK, [GOOD, case("bad", (0, 0, 30, 40), (1, 30, 9, 50), (1, 0, 31, 40))])
    shared, whole = 30 * 41, 32 * 41  # rows 1..30 of rows 0..31
    assert fault.what == f"has box 1 (cell, from index 0, 0) and box 3 around one object (IoU {shared / whole:.2f})"
    assert found(CHECK, [case("two", (0, 0, 30, 40), (1, 0, 31, 40), labels=("cell", "nucleus"))]) == ()


def test_boxes_counted_from_one() -> None:
    (fault,) = found(CHECK, [case(f"c{n}", (1, 1, 12, 20), (25, 40, 40, 60)) for n in range(4)])
    assert fault.where == "set"
    assert "counted from one" in fault.remedy


@pytest.mark.data
def test_blood_cells(data_root: Path) -> None:
    """README: two degenerate boxes; the same cell boxed twice in five images."""
    faults = found(CHECK, VOC.read(data_root / "blood_cells", ReadOptions()))
    empty = [fault for fault in faults if "without width" in fault.what]
    twice = [fault for fault in faults if "around one object" in fault.what]
    assert ids(empty) == {"BloodImage_00338", "BloodImage_00343"}
    assert ids(twice) == {f"BloodImage_{n}" for n in ("00020", "00100", "00104", "00251", "00284")}
    assert len(faults) == 7
    (of_338,) = (fault for fault in empty if fault.cases == ("BloodImage_00338",))
    assert "box 13 (RBC, from index 336, 503)" in of_338.what  # (504, 337) counted from one, column first
