"""Two registered images: each alone, then both in two colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hounsfield.figures.panels import enlarged, planes, shown, side_by_side, upright
from hounsfield.figures.picture import Picture
from hounsfield.values import Image


def pair_figure(fixed: Image, moved: Image, *, title: str) -> Picture:
    """The middle plane of the fixed image, of the moving one on the same grid, and both: grey where they agree."""
    cut = planes(fixed)[0][1]
    panes = [shown(_plane(image, cut)) for image in (fixed, moved)]
    both = np.stack([panes[0][..., 0], panes[1][..., 0], panes[1][..., 0]], axis=-1)
    panels = [enlarged(upright(pixels, fixed.grid)) for pixels in (*panes, both)]
    caption = "Fixed; moving, carried onto it; both: red where only the fixed is bright, cyan where only the moving is."
    return Picture(title, caption, png=side_by_side(panels))


def _plane(image: Image, cut: tuple[slice | int, ...]) -> NDArray[np.floating]:
    plane: NDArray[np.floating] = image.array()[0][cut]
    return plane
