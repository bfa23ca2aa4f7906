"""Panels: grey pictures ready to be drawn on, set side by side."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from hounsfield.values import Grid, Image

WIDTH = 260  # pixels that a panel is at least wide or high
GAP = 6


def shown(plane: NDArray[np.floating]) -> NDArray[np.uint8]:
    """Grey (H, W, 3) of a plane (H, W) in a robust window, or colours of (3, H, W) as they are."""
    finite = plane[np.isfinite(plane)]
    low, high = np.percentile(finite, (0.5, 99.5)) if finite.size else (0.0, 1.0)
    scaled = np.clip((np.nan_to_num(plane) - low) / max(float(high - low), 1e-9), 0, 1)
    grey = (255 * scaled).astype(np.uint8)
    return np.moveaxis(grey, 0, -1) if grey.ndim == 3 else np.repeat(grey[..., None], 3, axis=-1)


def planes(
    image: Image, mark: NDArray[np.bool_] | None = None
) -> list[tuple[NDArray[np.floating], tuple[slice | int, ...]]]:
    """What to look at: the whole picture, or of a volume the three planes through the middle of `mark`.

    Each plane comes with the index that cuts it from an array on the image's grid; `upright` turns both.
    """
    array = image.array()
    if image.grid.ndim == 2:
        return [(array[:3] if len(array) >= 3 else array[0], (slice(None), slice(None)))]
    middle = _middle(mark, image.grid)
    cuts: list[tuple[slice | int, ...]] = [
        (slice(None), slice(None), middle[2]),
        (slice(None), middle[1], slice(None)),
        (middle[0], slice(None), slice(None)),
    ]
    return [(array[0][cut], cut) for cut in cuts]


def _middle(mark: NDArray[np.bool_] | None, grid: Grid) -> tuple[int, ...]:
    if mark is None or not mark.any():
        return tuple(n // 2 for n in grid.shape)
    places = np.argwhere(mark)
    # the plane with most of what is marked, along each axis
    return tuple(int(np.bincount(places[:, axis]).argmax()) for axis in range(grid.ndim))


def upright(plane: NDArray[Any], grid: Grid) -> NDArray[Any]:
    """A plane of a volume as people hang it, the second axis upwards; pictures are left as they are."""
    return plane if grid.ndim == 2 else np.ascontiguousarray(np.swapaxes(plane, 0, 1)[::-1])


def enlarged(pixels: NDArray[np.uint8], *, smooth: bool = True) -> Pillow.Image:
    """The panel at a size that can be looked at."""
    picture = Pillow.fromarray(pixels)
    scale = max(1.0, WIDTH / max(picture.size))
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    return picture.resize(size, Pillow.Resampling.BICUBIC if smooth else Pillow.Resampling.NEAREST)


def side_by_side(panels: Sequence[Pillow.Image]) -> bytes:
    """PNG of panels in a row, centred, on black."""
    height = max(panel.height for panel in panels)
    width = sum(panel.width for panel in panels) + GAP * (len(panels) - 1)
    row = Pillow.new("RGB", (width, height))
    at = 0
    for panel in panels:
        row.paste(panel, (at, (height - panel.height) // 2))
        at += panel.width + GAP
    return png(row)


def png(picture: Pillow.Image) -> bytes:
    """The picture as PNG bytes."""
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
