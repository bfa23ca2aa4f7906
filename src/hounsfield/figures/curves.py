"""Curves and intervals as SVG that takes the colour of the text around it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape

from hounsfield.figures.colours import colour_of, css
from hounsfield.values import Interval

WIDTH, HEIGHT = 640, 240
LEFT, RIGHT, TOP, BOTTOM = 52, 12, 24, 34
ROW = 26


def line_chart(curves: Mapping[str, Sequence[tuple[float, float]]], *, title: str, across: str) -> str:
    """Curves by name, each points (x, y), in one chart. across: what x is."""
    points = [point for curve in curves.values() for point in curve if math.isfinite(point[1])]
    if not points:
        return ""
    x0, x1 = _span([x for x, _ in points])
    y0, y1 = _span([y for _, y in points])
    parts = [_open(WIDTH, HEIGHT, title)]
    for tick in ticks(y0, y1):
        y = _place(tick, y0, y1, HEIGHT - BOTTOM, TOP)
        parts.append(
            f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="currentColor" opacity=".15"/>'
        )
        parts.append(_text(LEFT - 6, y + 4, f"{tick:g}", anchor="end"))
    for tick in ticks(x0, x1):
        x = _place(tick, x0, x1, LEFT, WIDTH - RIGHT)
        parts.append(_text(x, HEIGHT - BOTTOM + 16, f"{tick:g}", anchor="middle"))
    parts.append(_text((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 4, across, anchor="middle"))
    for number, (name, curve) in enumerate(curves.items()):
        colour = css(colour_of(number))
        drawn = " ".join(
            f"{_place(x, x0, x1, LEFT, WIDTH - RIGHT):.1f},{_place(y, y0, y1, HEIGHT - BOTTOM, TOP):.1f}"
            for x, y in curve
            if math.isfinite(y)
        )
        parts.append(
            f'<polyline points="{drawn}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
        )
        parts.append(f'<rect x="{LEFT + 110 * number}" y="6" width="12" height="4" fill="{colour}"/>')
        parts.append(_text(LEFT + 110 * number + 18, 12, name))
    return "".join([*parts, "</svg>"])


def interval_chart(items: Mapping[str, Interval], *, title: str) -> str:
    """A row an item: its value as a dot, its 95 % interval as a line."""
    known = {name: v for name, v in items.items() if v.value is not None}
    if not known:
        return ""
    ends = [end for v in known.values() for end in (v.low, v.high, v.value) if end is not None]
    low, high = _span(ends)
    left, height = 150, TOP + ROW * len(known) + BOTTOM
    parts = [_open(WIDTH, height, title)]
    for tick in ticks(low, high):
        x = _place(tick, low, high, left, WIDTH - 90)
        parts.append(
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{height - BOTTOM}" stroke="currentColor" opacity=".15"/>'
        )
        parts.append(_text(x, height - BOTTOM + 16, f"{tick:g}", anchor="middle"))
    for number, (name, v) in enumerate(known.items()):
        y, colour = TOP + ROW * (number + 0.5), css(colour_of(4))
        ends_x = [_place(end, low, high, left, WIDTH - 90) for end in (v.low, v.high) if end is not None]
        if len(ends_x) == 2:
            ends_at = f'x1="{ends_x[0]:.1f}" x2="{ends_x[1]:.1f}" y1="{y}" y2="{y}"'
            parts.append(f'<line {ends_at} stroke="{colour}" stroke-width="3"/>')
        parts.append(
            f'<circle cx="{_place(v.value or 0.0, low, high, left, WIDTH - 90):.1f}" cy="{y}" r="5" fill="{colour}"/>'
        )
        parts.append(_text(left - 10, y + 4, name, anchor="end"))
        parts.append(_text(WIDTH - 80, y + 4, f"{v.value:.3f}"))
    return "".join([*parts, "</svg>"])


def ticks(low: float, high: float) -> list[float]:
    """Four to nine round numbers from low to high."""
    rough = (high - low) / 5
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step - 1e-9)
    return [round(number * step, 12) for number in range(first, math.floor(high / step + 1e-9) + 1)]


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = 0.04 * (high - low) or abs(high) * 0.1 or 1.0
    return low - room, high + room


def _place(value: float, low: float, high: float, start: float, end: float) -> float:
    return start + (value - low) / (high - low) * (end - start)


def _open(width: int, height: int, title: str) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" font-family="inherit">'
        f"<title>{escape(title)}</title>"
    )


def _text(x: float, y: float, words: str, *, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="12" fill="currentColor" text-anchor="{anchor}">{escape(words)}</text>'
