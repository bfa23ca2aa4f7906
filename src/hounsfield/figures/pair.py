"""Two images of one place: each alone, then both in one, before and after they are registered."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hounsfield.figures.colours import RGB
from hounsfield.figures.panels import enlarged, hung, lettered, shown, sizes
from hounsfield.figures.picture import Picture
from hounsfield.figures.views import View, views
from hounsfield.values import Image

FIXED: RGB = (255, 128, 0)  # with MOVING they add up to white, and colour-blind eyes tell them apart
MOVING: RGB = (0, 127, 255)
FIELDS = 8  # of a checkerboard along the longer side


def pair_figure(fixed: Image, moved: Image, *, before: Image | None = None, title: str) -> Picture:
    """The largest middle plane: the fixed image and the moved one on its grid; below, both in two colours.

    before: the moving image on the fixed grid without the transform. With it the lower row is before and after;
    without, after and a checkerboard of both. Raises ValueError where the grids have other shapes.
    """
    for image in (moved, before):
        if image is not None and image.grid.shape != fixed.grid.shape:
            raise ValueError(f"an image on {image.grid} can not be laid over one on {fixed.grid}")
    middle = [n // 2 for n in fixed.grid.shape]
    view = max(views(fixed.grid, middle), key=lambda view: _area(view, fixed))
    still, carried = (_grey(view, image) for image in (fixed, moved))
    if before is None:
        lower, words = [_colours(still, carried), _checkerboard(still, carried)], "both in colour; both by turns"
    else:
        lower, words = [_colours(still, _grey(view, before)), _colours(still, carried)], "both before; both after"
    size = sizes([view], [still.shape])[0]
    panes = [_three(still), _three(carried), *lower]
    panels = [lettered(enlarged(pixels, size), view.sides) for pixels in panes]
    caption = f"Above: fixed; moving, carried onto it. Below: {words}. What lies on each other is grey."
    key = {"only in the fixed": FIXED, "only in the moving": MOVING}
    return Picture(title, caption, png=hung(panels, key))


def _area(view: View, image: Image) -> float:
    extent = image.grid.extent
    return extent[view.rows] * extent[view.columns]


def _grey(view: View, image: Image) -> NDArray[np.uint8]:
    grey: NDArray[np.uint8] = shown(view.plane_of(image)[:1])[..., 0]
    return grey


def _three(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.repeat(grey[..., None], 3, axis=-1)


def _colours(fixed: NDArray[np.uint8], moving: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Both greys in their colours, added up: grey where they agree."""
    mixed: NDArray[np.float64] = fixed[..., None] / 255 * np.array(FIXED) + moving[..., None] / 255 * np.array(MOVING)
    pixels: NDArray[np.uint8] = mixed.clip(0, 255).astype(np.uint8)
    return pixels


def _checkerboard(fixed: NDArray[np.uint8], moving: NDArray[np.uint8]) -> NDArray[np.uint8]:
    side = max(1, -(-max(fixed.shape) // FIELDS))
    down, across = np.indices(fixed.shape) // side
    return _three(np.where((down + across) % 2 == 0, fixed, moving))
