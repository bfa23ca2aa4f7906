"""Two registered images: each alone, then both in two colours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hounsfield.figures.panels import enlarged, hung, shown, sizes
from hounsfield.figures.picture import Picture
from hounsfield.figures.views import View, views
from hounsfield.values import Image


def registered_figure(fixed: Image, moved: Image, *, title: str) -> Picture:
    """A plane of the fixed image, of the moving one carried onto its grid, and of both in one.

    Volumes show the coronal plane through their middle, where there is one.
    """
    hangings = views(fixed.grid, [n // 2 for n in fixed.grid.shape])
    view = hangings[min(1, len(hangings) - 1)]
    pixels = [_grey(view, image) for image in (fixed, moved)]
    both = np.stack([pixels[0], pixels[1], pixels[1]], axis=-1)
    panes = [np.repeat(grey[..., None], 3, axis=-1) for grey in pixels]
    size = sizes([view], [both.shape[:2]])[0]
    row = hung([enlarged(np.concatenate([*panes, both], axis=1), (size[0], 3 * size[1]))], {})
    caption = (
        "Left to right: fixed; moving, carried onto it; both (red: only the fixed is bright, cyan: only the moving is)."
    )
    return Picture(title, caption, png=row)


def _grey(view: View, image: Image) -> NDArray[np.uint8]:
    grey: NDArray[np.uint8] = shown(view.plane_of(image)[:1])[..., 0]
    return grey
