"""The palette: Okabe and Ito's colours, told apart by colour-blind eyes too (Okabe and Ito 2008, jfly.uni-koeln.de)."""

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
PALER = (0.0, 0.5)  # how much white goes into the second seven


def colour_of(number: int) -> RGB:
    """The colour of the n-th label, counted from 0: seven, then the same seven paler, then over again."""
    white = PALER[number // len(PALETTE) % len(PALER)]
    r, g, b = PALETTE[number % len(PALETTE)]
    return round(r + (255 - r) * white), round(g + (255 - g) * white), round(b + (255 - b) * white)


def css(colour: RGB) -> str:
    """The colour as CSS and SVG write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
