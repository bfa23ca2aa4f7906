"""Curves as SVG: what changed from step to step."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hounsfield.figures.colours import BLUE, GREEN, ORANGE, PURPLE, VERMILLION, css
from hounsfield.figures.drawing import CLOSED, line, number, opened, place, shortened, span, text, ticks

WIDTH, HEIGHT = 420, 250
LEFT, RIGHT, TOP, BOTTOM = 50, 408, 34, 210
MOST_POINTS = 400  # of a curve; more than there are pixels would only make the page large
COLOURS = (BLUE, VERMILLION, GREEN, PURPLE, ORANGE)  # those that are dark enough for lines on white come first


def line_chart(curves: Mapping[str, Sequence[tuple[float, float]]], *, title: str, across: str) -> str:
    """Curves by name, each points (x, y), in one chart; across: what x is. Nothing where no point is finite.

    What is not finite is left out. Of a long curve each run of points is drawn as its mean.
    """
    drawn = {name: _thinned([p for p in curve if all(map(math.isfinite, p))]) for name, curve in curves.items()}
    points = [point for curve in drawn.values() for point in curve]
    if not points:
        return ""
    xs, ys = span([x for x, _ in points], room=0.02), span([y for _, y in points])
    parts = [opened(WIDTH, HEIGHT, title)]
    for tick in ticks(*ys):
        y = place(tick, ys, (BOTTOM, TOP))
        parts += [line(LEFT, y, RIGHT, y), text(LEFT - 8, y + 4, number(tick), anchor="end", soft=True)]
    for tick in ticks(*xs):
        x = place(tick, xs, (LEFT, RIGHT))
        parts += [line(x, BOTTOM, x, BOTTOM + 4, opacity=0.4)]
        parts += [text(x, BOTTOM + 18, number(tick), anchor="middle", soft=True)]
    parts += [line(LEFT, BOTTOM, RIGHT, BOTTOM, opacity=0.4)]
    parts += [text((LEFT + RIGHT) / 2, HEIGHT - 6, across, anchor="middle", soft=True)]
    at = float(LEFT)
    for place_, (name, curve) in enumerate(drawn.items()):
        colour = css(COLOURS[place_ % len(COLOURS)])
        corners = " ".join(f"{place(x, xs, (LEFT, RIGHT)):.1f},{place(y, ys, (BOTTOM, TOP)):.1f}" for x, y in curve)
        parts.append(
            f'<polyline points="{corners}" fill="none" stroke="{colour}" stroke-width="2" stroke-linejoin="round"/>'
        )
        said = shortened(name, 22)
        parts += [f'<rect x="{at:.1f}" y="11" width="14" height="4" rx="2" fill="{colour}"/>', text(at + 20, 17, said)]
        at += 40 + 7 * len(said)
    return "".join([*parts, CLOSED])


def _thinned(curve: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    run = -(-len(curve) // MOST_POINTS)
    if run <= 1:
        return list(curve)
    runs = [curve[start : start + run] for start in range(0, len(curve), run)]
    return [(sum(x for x, _ in part) / len(part), sum(y for _, y in part) / len(part)) for part in runs]
