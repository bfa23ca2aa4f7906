"""Charts as SVG: well formed, inside their frame, and true to their numbers."""

import math
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hounsfield.figures.curves import line_chart
from hounsfield.figures.diagnosis import diagnosis_figure
from hounsfield.figures.drawing import ticks
from hounsfield.figures.intervals import interval_chart
from hounsfield.figures.series import series_figure
from hounsfield.values import Diagnosis, Grid, Image, Interval, Series

SVG = "{http://www.w3.org/2000/svg}"
HOSTILE = '<script>alert("x")</script>&\x07'


def parsed(svg: str | None) -> ET.Element:
    assert svg is not None
    return ET.fromstring(svg)


def corners(svg: str) -> list[list[tuple[float, float]]]:
    lines = parsed(svg).iter(f"{SVG}polyline")
    return [[tuple(map(float, corner.split(","))) for corner in line.get("points", "").split()] for line in lines]


def words(svg: str) -> list[str]:
    return [element.text or "" for element in parsed(svg).iter(f"{SVG}text")]


def test_a_curve_falls_where_its_numbers_fall_and_the_axes_say_them() -> None:
    svg = line_chart({"loss": [(0, 1.0), (50, 0.5), (100, 0.25)]}, title="Loss", across="step")
    ((first, second, third),) = corners(svg)
    assert first[0] < second[0] < third[0]
    assert first[1] < second[1] < third[1]  # y runs downwards
    assert (second[1] - first[1]) / (third[1] - second[1]) == pytest.approx(2, rel=0.02)
    assert {"loss", "step", "0", "100"} <= set(words(svg))


def test_what_is_not_finite_is_left_out_and_nothing_gives_nothing() -> None:
    svg = line_chart({"a": [(0, 1.0), (1, math.nan), (2, math.inf), (3, 2.0)]}, title="x", across="step")
    assert len(corners(svg)[0]) == 2
    assert line_chart({"a": [(0, math.nan)]}, title="x", across="step") == ""
    assert line_chart({}, title="x", across="step") == ""


def test_a_long_run_makes_no_long_page() -> None:
    svg = line_chart({"loss": [(n, 1 / (n + 1)) for n in range(100_000)]}, title="x", across="step")
    assert len(svg) < 20_000


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6)), min_size=1, max_size=20))
def test_every_curve_stays_inside_its_frame(points) -> None:
    svg = line_chart({"a": points}, title="x", across="step")
    _, _, width, height = map(float, parsed(svg).get("viewBox", "").split())
    assert all(0 <= x <= width and 0 <= y <= height for curve in corners(svg) for x, y in curve)


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9))
def test_ticks_are_few_round_and_inside(a: float, b: float) -> None:
    low, high = min(a, b), max(a, b)
    assume(high - low > 1e-6 * max(abs(low), abs(high), 1e-6))
    found = ticks(low, high)
    assert 2 <= len(found) <= 7
    room = 1e-8 * (high - low) + 1e-9 * max(abs(low), abs(high))
    assert all(low - room <= tick <= high + room for tick in found)


def test_intervals_lie_around_their_values_and_the_undefined_is_said() -> None:
    items = {
        "liver": Interval(0.9, 0.85, 0.95, 12),
        "spleen": Interval(0.7, None, None, 12),
        "cyst": Interval(None, None, None, 12, 12),
    }
    svg = interval_chart(items, title="Dice", cases={"liver": [0.8, 0.9, None, math.nan]})
    (bar,) = (line for line in parsed(svg).iter(f"{SVG}line") if line.get("stroke-width") == "3")
    dots = [(float(dot.get("cx", "")), dot.get("r")) for dot in parsed(svg).iter(f"{SVG}circle")]
    values = [x for x, radius in dots if radius == "5.5"]
    assert float(bar.get("x1", "")) < values[0] < float(bar.get("x2", ""))
    assert values[1] < values[0]
    assert len(dots) == 4  # two values, two cases
    assert "undefined" in words(svg)
    assert interval_chart({"cyst": Interval(None)}, title="Dice") == ""


def test_bars_are_as_long_as_the_probabilities_and_the_true_class_is_marked() -> None:
    answer = Diagnosis({"benign": 0.25, "malignant": 0.75})
    picture = diagnosis_figure(answer, Diagnosis.certain("benign", answer.classes), title="case 3")
    bars = [bar for bar in parsed(picture.svg).iter(f"{SVG}rect") if bar.get("fill") != "currentColor"]
    widths = [float(bar.get("width", "")) for bar in bars]
    assert widths[1] == pytest.approx(3 * widths[0], rel=0.01)
    assert bars[0].get("fill") != bars[1].get("fill")
    assert picture.caption == "malignant is the likeliest. In truth it is benign."


def test_an_unknown_truth_is_said_to_be_unknown() -> None:
    answer = Diagnosis({"no": 0.4, "yes": 0.6})
    unknown = Diagnosis({"no": math.nan, "yes": math.nan})
    for truth in (None, unknown):
        assert "truth is unknown" in diagnosis_figure(answer, truth, title="x").caption


def test_many_classes_keep_the_likeliest_and_the_true_one() -> None:
    answer = Diagnosis({f"class {n:02d}": (n + 1) / 5050 for n in range(100)})
    svg = diagnosis_figure(answer, Diagnosis.certain("class 00", answer.classes), title="x").svg
    assert svg is not None
    assert {"class 00", "class 99"} <= set(words(svg))
    assert "class 50" not in words(svg)


def test_a_thumbnail_stands_beside_the_bars() -> None:
    image = Image.of(np.zeros((30, 20), np.float32), Grid.picture((30, 20)))
    picture = diagnosis_figure(Diagnosis({"no": 0.4, "yes": 0.6}), None, image=image, title="x")
    assert picture.png is not None
    assert picture.png.startswith(b"\x89PNG")


def test_a_series_shows_each_measurement_and_names_what_was_never_measured() -> None:
    values = np.array([[80, np.nan, np.nan], [80, 37.5, np.nan], [90, np.nan, np.nan]], np.float32)
    series = Series(np.array([0, 2.5, 2.5]), values, ("heart rate", "temperature", "pH"), "h")
    picture = series_figure(series, title="stay 4")
    assert len(list(parsed(picture.svg).iter(f"{SVG}circle"))) == 4
    assert "Never measured: pH" in picture.caption
    assert "time (h)" in words(picture.svg or "")


def test_an_empty_series_is_said_to_be_empty() -> None:
    empty = Series(np.zeros(0), np.zeros((0, 2)), ("a", "b"))
    assert series_figure(empty, title="x").caption == "Nothing was measured."


def test_names_from_files_can_not_become_markup() -> None:
    interval = Interval(0.5, 0.4, 0.6, 3)
    charts = [
        line_chart({HOSTILE: [(0, 1.0), (1, 2.0)]}, title=HOSTILE, across=HOSTILE),
        interval_chart({HOSTILE: interval}, title=HOSTILE),
        diagnosis_figure(Diagnosis({HOSTILE: 1.0}), None, title=HOSTILE).svg,
        series_figure(Series(np.zeros(1), np.ones((1, 1)), (HOSTILE,), HOSTILE), title=HOSTILE).svg,
    ]
    for svg in charts:
        assert not list(parsed(svg).iter(f"{SVG}script"))
