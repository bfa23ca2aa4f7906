"""Delimited tables, points and boxes as CSV."""

import math
import time

import numpy as np
import pytest

from hounsfield.formats import boxes_csv, points_csv, table
from hounsfield.values import Boxes, Grid, Points, Refused


def read(tmp_path, text, columns=None):
    (tmp_path / "t.csv").write_bytes(text if isinstance(text, bytes) else text.encode())
    return table.read_table(tmp_path / "t.csv", columns)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_and_missing_cells(tmp_path, delimiter):
    rows = [
        ["name", "age", "dose"],
        ["a, b" if delimiter != "," else "a", "63.0", ".7"],
        ["c", "?", "NA"],
        ["d", "", "nan"],
    ]
    found = read(tmp_path, "\r\n".join(delimiter.join(row) for row in rows))
    first, *rest = found.records()
    assert first["age"] == 63.0
    assert first["dose"] == 0.7
    assert all(record["age"] is None and record["dose"] is None for record in rest)


def test_byte_order_mark_quotes_and_line_numbers(tmp_path):
    found = read(tmp_path, b'\xef\xbb\xbfid,text\n1,"two\nlines"\n\n007,-1e3\n')
    assert found.columns == ("id", "text")
    assert found.lines == (3, 5)
    assert found.rows[1] == ("007", "-1e3")
    assert found.records()[1]["text"] == -1000.0


def test_no_line_of_names(tmp_path):
    assert read(tmp_path, "1,2\n3,?\n", ["a", "b"]).records() == [{"a": 1.0, "b": 2.0}, {"a": 3.0, "b": None}]
    assert not table.has_names("1,2\n3,?\n")
    assert table.has_names("age,sex\n3,1\n")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n1,2\n1,2,3\n", "line 3: has 3 fields, not 2"),
        ("a,a\n1,2\n", "column 'a' twice"),
        (b"a,b\n1,2\n\xe4,3\n", "line 3: is not UTF-8"),
        (b"a,b\n1,\x002\n", "no text"),
        ("\n\n", "no rows"),
    ],
)
def test_refusals_name_the_line(tmp_path, text, message):
    with pytest.raises(Refused, match=message):
        read(tmp_path, text)


def test_tables_read_back(tmp_path):
    table.write_table(tmp_path / "t.csv", ("a", "b"), [("x, y", 0.1 + 0.2), {"a": None, "b": 3.0}])
    assert table.read_table(tmp_path / "t.csv").records() == [{"a": "x, y", "b": 0.1 + 0.2}, {"a": None, "b": 3.0}]


@pytest.mark.parametrize("d", [2, 3])
def test_points_read_back_equal(tmp_path, d):
    coordinates = np.random.default_rng(0).normal(size=(3, d)) * 77
    coordinates[1] = np.nan
    points = Points(coordinates, ("AC", "PC, left", "3"), np.array([0.25, 0.0, np.nan]))
    points_csv.write_points(tmp_path / "p.csv", points)
    assert points_csv.read_points(tmp_path / "p.csv") == points


def test_points_by_hand(tmp_path):
    (tmp_path / "p.csv").write_text("name,x,y,z\nAC,1,2,3\nPC,,,\n")
    points = points_csv.read_points(tmp_path / "p.csv")
    assert points.present[0] == 1
    assert math.isnan(points.present[1])
    (tmp_path / "p.csv").write_text("name,x,y,z\nAC,1,two,3\n")
    with pytest.raises(Refused, match="line 2: has 'two' in the column 'y'"):
        points_csv.read_points(tmp_path / "p.csv")
    (tmp_path / "p.csv").write_text("name,x,y,z,present\nAC,,,,1\n")
    with pytest.raises(Refused, match="not where"):
        points_csv.read_points(tmp_path / "p.csv")
    (tmp_path / "p.csv").write_text("a,b\n1,2\n")
    with pytest.raises(Refused, match="points need name"):
        points_csv.read_points(tmp_path / "p.csv")


@pytest.mark.parametrize("grid", [Grid.picture((480, 640)), Grid.regular((40, 50, 60), 0.7)])
@pytest.mark.parametrize("n", [0, 3])
def test_boxes_read_back_equal(tmp_path, grid, n):
    low = np.random.default_rng(0).uniform(0, 20, (n, grid.ndim))
    corners = np.stack([low, low + 3.3], 1)
    boxes = Boxes(corners, grid, ("RBC", "WBC", "a,b")[:n], np.linspace(0.1, 0.9, n), np.arange(n) == 1)
    boxes_csv.write_boxes(tmp_path / "b.csv", boxes)
    assert boxes_csv.read_boxes(tmp_path / "b.csv", grid) == boxes


def test_wrong_boxes_are_refused(tmp_path):
    (tmp_path / "b.csv").write_text("label,score,low_row,low_column,high_row,high_column\na,1,5,5,4,9\n")
    with pytest.raises(Refused, match="line 2: has a box"):
        boxes_csv.read_boxes(tmp_path / "b.csv", Grid.picture((20, 20)))
    with pytest.raises(Refused, match="low_i"):
        boxes_csv.read_boxes(tmp_path / "b.csv", Grid.regular((20, 20, 20)))


def test_a_cell_of_many_digits_is_told_apart_at_once():
    started = time.perf_counter()
    assert table.cell("9" * 100_000 + "x").endswith("x")
    assert time.perf_counter() - started < 1
