"""An irregular series as small charts under each other, a channel each, all on one axis of time."""

from __future__ import annotations

import numpy as np

from hounsfield.figures.colours import BLUE, css
from hounsfield.figures.drawing import CLOSED, dot, line, number, opened, place, shortened, span, text, ticks
from hounsfield.figures.picture import Picture
from hounsfield.values import Series
from hounsfield.values.wording import count

WIDTH, ROW, LEFT, RIGHT = 420, 44, 118, 372
MOST_CHANNELS, MOST_POINTS = 12, 300
COLOUR = css(BLUE)


def series_figure(series: Series, *, title: str) -> Picture:
    """Dots where something was measured, a faint line between them; smallest and largest value at the right.

    Of many channels the twelve that were measured most often; channels never measured are only named.
    """
    measured = np.isfinite(series.values).sum(axis=0)
    order = [int(c) for c in np.argsort(-measured, kind="stable")[:MOST_CHANNELS] if measured[c]]
    never = [name for name, count in zip(series.channels, measured, strict=True) if count == 0]
    if not order:
        return Picture(title, "Nothing was measured.")
    caption = f"{len(order)} of {count(len(series.channels), 'channel')} over time; a dot is a measurement."
    silent = f" Never measured: {', '.join(never[:8])}{' and others' if len(never) > 8 else ''}." if never else ""
    return Picture(title, caption + silent, svg=_charts(series, sorted(order), title))


def _charts(series: Series, channels: list[int], title: str) -> str:
    xs = span(series.times.tolist(), room=0.02)
    bottom = ROW * len(channels) + 4
    parts = [opened(WIDTH, bottom + 34, f"{title}: {count(len(channels), 'channel')} over time")]
    for tick in ticks(*xs):
        x = place(tick, xs, (LEFT, RIGHT))
        parts += [line(x, 4, x, bottom, opacity=0.1), text(x, bottom + 16, number(tick), anchor="middle", soft=True)]
    parts.append(text((LEFT + RIGHT) / 2, bottom + 31, f"time ({series.unit})", anchor="middle", soft=True))
    for row, channel in enumerate(channels):
        top, low = 4 + ROW * row, 4 + ROW * (row + 1)
        there = np.isfinite(series.values[:, channel])
        times, values = series.times[there], series.values[there, channel].astype(float)
        step = -(-len(times) // MOST_POINTS)
        ys = span(values.tolist(), room=0.12)
        points = [
            (place(t, xs, (LEFT, RIGHT)), place(v, ys, (low - 5, top + 5)))
            for t, v in zip(times[::step].tolist(), values[::step].tolist(), strict=True)
        ]
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        parts.append(f'<polyline points="{corners}" fill="none" stroke="{COLOUR}" stroke-opacity=".45"/>')
        parts += [dot(x, y, 2, COLOUR) for x, y in points]
        parts.append(line(LEFT, low, RIGHT, low, opacity=0.25))
        parts.append(text(LEFT - 8, (top + low) / 2 + 4, shortened(series.channels[channel], 17), anchor="end"))
        largest, smallest = (f"{end:.3g}" for end in (values.max(), values.min()))
        if largest == smallest:
            parts.append(text(RIGHT + 6, (top + low) / 2 + 4, largest, soft=True))
        else:
            parts += [text(RIGHT + 6, top + 14, largest, soft=True), text(RIGHT + 6, low - 5, smallest, soft=True)]
    return "".join([*parts, CLOSED])
