"""The palette: Okabe and Ito's eight colours, told apart by colour-blind eyes too (Okabe and Ito 2008)."""

from __future__ import annotations

RGB = tuple[int, int, int]

PALETTE: tuple[RGB, ...] = (
    (230, 159, 0),
    (86, 180, 233),
    (0, 158, 115),
    (240, 228, 66),
    (0, 114, 178),
    (213, 94, 0),
    (204, 121, 167),
)
TRUTH: RGB = (255, 255, 255)


def colour_of(number: int) -> RGB:
    """The colour of the n-th label, counted from 0; they repeat after seven."""
    return PALETTE[number % len(PALETTE)]


def css(colour: RGB) -> str:
    """The colour as CSS and SVG write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
