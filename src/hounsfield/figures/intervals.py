"""Values with their intervals as SVG, a row an item, and behind them the single cases."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from hounsfield.figures.colours import BLUE, SKY, css
from hounsfield.figures.drawing import CLOSED, dot, line, number, opened, place, shortened, span, text, ticks
from hounsfield.values import Interval

WIDTH, ROW = 420, 34
LEFT, RIGHT, TOP = 112, 368, 10
VALUE, CASES = css(BLUE), css(SKY)


def interval_chart(
    items: Mapping[str, Interval], *, title: str, cases: Mapping[str, Sequence[float | None]] | None = None
) -> str:
    """A row an item: its value a dot, its 95 % interval a line, its cases small pale dots below the line.

    What has no value is written as undefined. Nothing where no item has one.
    """
    shown = {name: [v for v in (cases or {}).get(name, ()) if v is not None and math.isfinite(v)] for name in items}
    ends = [end for v in items.values() for end in (v.value, v.low, v.high) if end is not None and math.isfinite(end)]
    if not ends:
        return ""
    xs = span([*ends, *(value for values in shown.values() for value in values)])
    bottom = TOP + ROW * len(items)
    parts = [opened(WIDTH, bottom + 26, title)]
    for tick in ticks(*xs):
        x = place(tick, xs, (LEFT, RIGHT))
        parts += [line(x, TOP, x, bottom), text(x, bottom + 17, number(tick), anchor="middle", soft=True)]
    for row, (name, v) in enumerate(items.items()):
        y = TOP + ROW * (row + 0.42)
        parts.append(text(LEFT - 10, y + 4, shortened(name, 16), anchor="end"))
        if v.value is None or not math.isfinite(v.value):
            parts.append(text(LEFT + 6, y + 4, "undefined", soft=True))
            continue
        parts += [dot(place(value, xs, (LEFT, RIGHT)), y + 11, 2.5, CASES, opacity=0.75) for value in shown[name]]
        if v.low is not None and v.high is not None:
            start, end = (place(end, xs, (LEFT, RIGHT)) for end in (v.low, v.high))
            parts.append(
                f'<line x1="{start:.1f}" y1="{y:.1f}" x2="{end:.1f}" y2="{y:.1f}" '
                f'stroke="{VALUE}" stroke-width="3" stroke-linecap="round"/>'
            )
        parts.append(dot(place(v.value, xs, (LEFT, RIGHT)), y, 5.5, VALUE))
        parts.append(text(RIGHT + 12, y + 4, f"{v.value:.3g}"))
    return "".join([*parts, CLOSED])
