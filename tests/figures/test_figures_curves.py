"""Charts: what is drawn lies where the numbers say."""

import re
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hounsfield.figures.curves import interval_chart, line_chart, ticks
from hounsfield.figures.label_maps import label_map_figure
from hounsfield.values import Grid, Image, Interval, LabelMap


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_are_round_few_and_inside(low: float, width: float) -> None:
    high = low + width
    found = ticks(low, high)
    assert 2 <= len(found) <= 11
    slack = 1e-6 * max(abs(low), abs(high), width)
    assert all(low - slack <= tick <= high + slack for tick in found)


def test_a_falling_curve_falls_on_the_page() -> None:
    svg = line_chart({"loss": [(1, 3.0), (2, 2.0), (3, 1.0)]}, title="Loss", across="step")
    points = re.search(r'points="([^"]+)"', svg).group(1).split()
    heights = [float(point.split(",")[1]) for point in points]
    assert heights == sorted(heights)  # y grows downwards in SVG
    ElementTree.fromstring(svg)


def test_the_undefined_has_no_dot() -> None:
    items = {"a": Interval(0.5, 0.4, 0.6, 9), "b": Interval(None, None, None, 9, 9)}
    svg = interval_chart(items, title="Dice")
    assert svg.count("<circle") == 1
    ElementTree.fromstring(svg)


@pytest.mark.parametrize("shape", [(20, 30), (12, 18, 9), (1, 40, 40)])
def test_label_maps_of_any_shape_have_a_picture(shape: tuple[int, ...]) -> None:
    grid = Grid.picture(shape) if len(shape) == 2 else Grid.regular(shape)
    array = np.zeros(shape, np.uint8)
    array[tuple(slice(n // 4, n // 2 + 1) for n in shape)] = 1
    labels = LabelMap(array, grid, {1: "thing"})
    picture = label_map_figure(Image.of(array * 7.0, grid), labels, labels, title="case")
    assert picture.png.startswith(b"\x89PNG")
    assert "thing" in picture.caption
