"""The palette: colours that colour-blind eyes tell apart too, in an order in which the first ones differ most.

Seven of Okabe and Ito (2008, jfly.uni-koeln.de), and the wine of Tol's muted scheme (2021, personal.sron.nl/~pault).
"""

from __future__ import annotations

RGB = tuple[int, int, int]

VERMILLION: RGB = (213, 94, 0)
BLUE: RGB = (0, 114, 178)
YELLOW: RGB = (240, 228, 66)
WINE: RGB = (136, 34, 85)
GREEN: RGB = (0, 158, 115)
PURPLE: RGB = (204, 121, 167)
SKY: RGB = (86, 180, 233)
ORANGE: RGB = (230, 159, 0)

PALETTE: tuple[RGB, ...] = (VERMILLION, BLUE, YELLOW, WINE, GREEN, PURPLE, SKY, ORANGE)
"""Of all orders that with the largest differences (CIEDE2000) among the first five and six: pure, as a tint over grey,
and as those without one kind of cones see it. What tints make alike, sky and blue, orange and yellow, is far apart."""

TRUTH: RGB = (255, 255, 255)
PALER = (0.0, 0.5)  # how much white goes into the second eight


def colour_of(number: int) -> RGB:
    """The colour of the n-th label, counted from 0: eight, then the same eight paler, then over again."""
    white = PALER[number // len(PALETTE) % len(PALER)]
    r, g, b = PALETTE[number % len(PALETTE)]
    return round(r + (255 - r) * white), round(g + (255 - g) * white), round(b + (255 - b) * white)


def css(colour: RGB) -> str:
    """The colour as CSS and SVG write it."""
    return "#{:02x}{:02x}{:02x}".format(*colour)
