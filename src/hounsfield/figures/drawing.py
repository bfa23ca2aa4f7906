"""The pieces that SVG charts are drawn with; lines and letters take the colour of the text around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape

LETTER = 12  # height of letters; charts are about 420 wide, so that a phone shows them legibly


def opened(width: float, height: float, title: str) -> str:
    """The beginning of a chart; the title is what a screen reader says."""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" '
        f'aria-label="{escape(printable(title))}" font-family="inherit" font-size="{LETTER}">'
    )


CLOSED = "</svg>"
SOFT = ' opacity=".7"'


def text(x: float, y: float, words: str, *, anchor: str = "start", soft: bool = False) -> str:
    """Words beginning, centred or ending at x, on the line y."""
    at = f'x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"'
    return f'<text {at} fill="currentColor"{SOFT if soft else ""}>{escape(printable(words))}</text>'


def printable(words: str) -> str:
    """Words without control characters, which no SVG may hold."""
    return "".join(letter for letter in words if letter.isprintable())


def line(x1: float, y1: float, x2: float, y2: float, *, opacity: float = 0.15, colour: str = "currentColor") -> str:
    """A thin straight line."""
    ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
    return f'<line {ends} stroke="{colour}" stroke-opacity="{opacity:g}"/>'


def dot(x: float, y: float, radius: float, colour: str, *, opacity: float = 1.0) -> str:
    """A filled circle."""
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:g}" fill="{colour}" fill-opacity="{opacity:g}"/>'


def shortened(words: str, letters: int) -> str:
    """Words in at most so many letters."""
    return words if len(words) <= letters else f"{words[: letters - 1]}…"


def ticks(low: float, high: float) -> list[float]:
    """Three to seven round numbers (1, 2 or 5 times a power of ten apart) within low and high."""
    rough = (high - low) / 5
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= rough * (1 - 1e-9))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{number * step:.12g}") for number in range(first, last + 1)]


def span(values: Sequence[float], *, room: float = 0.05) -> tuple[float, float]:
    """From the smallest to the largest value with some room at both ends; of one value, a span around it."""
    low, high = min(values), max(values)
    space = room * (high - low) or abs(high) * 0.1 or 1.0
    return low - space, high + space


def place(value: float, within: tuple[float, float], onto: tuple[float, float]) -> float:
    """Where a value of one span lies on another."""
    return onto[0] + (value - within[0]) / (within[1] - within[0]) * (onto[1] - onto[0])


def number(value: float) -> str:
    """A number as an axis says it: 10000 is 10k."""
    return f"{value / 1000:g}k" if abs(value) >= 10_000 and value % 100 == 0 else f"{value:.6g}"
