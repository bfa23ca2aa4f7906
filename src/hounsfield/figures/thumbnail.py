"""A small picture of an image: the whole of it, or the axial plane in its middle."""

from __future__ import annotations

import numpy as np
from PIL import Image as Pillow

from hounsfield.figures.panels import png, shown
from hounsfield.figures.views import views
from hounsfield.values import Image

LONGEST = 160  # pixels of the longer side


def thumbnail(image: Image) -> bytes | None:
    """PNG of the image in a robust grey window, true to its spacing; None of one without a plane to look at."""
    planes = views(image.grid, [n // 2 for n in image.grid.shape])
    if not planes:
        return None
    pixels = shown(planes[0].plane_of(image))
    extents = np.array(pixels.shape[:2]) * planes[0].spacing
    height, width = (max(1, round(LONGEST * extent / extents.max())) for extent in extents)
    picture = Pillow.fromarray(pixels if np.ptp(pixels, axis=-1).any() else pixels[..., 0])
    return png(picture.resize((width, height), Pillow.Resampling.BICUBIC, reducing_gap=2.0))
