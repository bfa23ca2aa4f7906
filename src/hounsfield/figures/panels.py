"""Panels: grey planes made large enough to be drawn on, hung side by side, with a legend."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image as Pillow
from PIL import ImageDraw, ImageFont

from hounsfield.figures.colours import RGB
from hounsfield.figures.views import View, views
from hounsfield.values import Image

SMALLEST, LARGEST = 320, 640  # pixels of the longest side of what is shown
GAP = 4
LETTERS: RGB = (235, 235, 235)
SMALL, LARGE = 15, 19  # heights of letters in pixels; a phone shows a panel at about half its size


def window(channels: NDArray[np.floating] | NDArray[np.uint8]) -> tuple[float, float]:
    """The grey window of an image: quantiles 0.5 % and 99.5 % of what is finite; bytes are shown as they are."""
    if channels.dtype == np.uint8:
        return 0.0, 255.0
    finite = channels[np.isfinite(channels)]
    low, high = (float(q) for q in np.percentile(finite, (0.5, 99.5))) if finite.size else (0.0, 1.0)
    return low, high if high > low else low + 1.0


def shown(channels: NDArray[np.floating] | NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Pixels (H, W, 3) of a plane (C, H, W) in a robust window: colours of three channels, else grey of the first."""
    seen = channels[:3] if len(channels) == 3 else channels[:1]
    low, high = window(seen)
    scaled = np.clip((np.nan_to_num(seen.astype(np.float32)) - low) / (high - low), 0, 1)
    pixels = np.moveaxis((255 * scaled + 0.5).astype(np.uint8), 0, -1)
    return pixels if pixels.shape[-1] == 3 else np.repeat(pixels, 3, axis=-1)


def sizes(views: Sequence[View], planes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """(height, width) in pixels to show planes (rows, columns) at, all at one scale and true to their spacing."""
    extents = [
        (rows * view.spacing[0], columns * view.spacing[1]) for view, (rows, columns) in zip(views, planes, strict=True)
    ]
    longest = max(max(extent) for extent in extents)
    elements = max(max(plane) for plane in planes)
    scale = min(max(elements, SMALLEST), LARGEST) / longest
    return [(max(1, round(height * scale)), max(1, round(width * scale))) for height, width in extents]


def enlarged(pixels: NDArray[np.uint8], size: tuple[int, int]) -> Pillow.Image:
    """Pixels (H, W, 3) at (height, width), smoothly."""
    return Pillow.fromarray(pixels).resize(size[::-1], Pillow.Resampling.BICUBIC)


def nearest(labels: NDArray[np.integer], size: tuple[int, int]) -> NDArray[np.integer]:
    """Labels (H, W) at (height, width), each pixel that of the element it lies in."""
    rows, columns = (
        np.minimum(((np.arange(large) + 0.5) * small / large).astype(int), small - 1)
        for large, small in zip(size, labels.shape, strict=True)
    )
    return labels[np.ix_(rows, columns)]


@dataclass(frozen=True)
class Panel:
    """A plane of an image, enlarged to be drawn on.  plane: (rows, columns) it had."""

    view: View
    picture: Pillow.Image
    plane: tuple[int, int]

    def place(self, index: ArrayLike, shape: Sequence[int]) -> NDArray[np.float64]:
        """(x, y) in pixels of grid indices (N, d)."""
        scale = np.array([self.picture.height / self.plane[0], self.picture.width / self.plane[1]])
        placed: NDArray[np.float64] = (self.view.place(index, shape) + 0.5) * scale
        return placed[:, ::-1]

    def lettered(self) -> Pillow.Image:
        """The picture with the letters of the sides."""
        return lettered(self.picture, self.view.sides)


def panels_of(image: Image, at: Sequence[int]) -> list[Panel]:
    """A panel for the picture, or for each plane of a volume that meets the others at an index; all at one scale."""
    chosen = views(image.grid, at)
    planes = [view.plane_of(image) for view in chosen]
    shapes = [(plane.shape[1], plane.shape[2]) for plane in planes]
    sizes_ = sizes(chosen, shapes)
    return [
        Panel(view, enlarged(shown(plane), size), shape)
        for view, plane, size, shape in zip(chosen, planes, sizes_, shapes, strict=True)
    ]


def lettered(panel: Pillow.Image, sides: str) -> Pillow.Image:
    """The panel with the letters of the left and the right side, halfway up."""
    if sides:
        draw, font = ImageDraw.Draw(panel), ImageFont.load_default(SMALL)
        for letter, x, anchor in ((sides[0], 4, "lm"), (sides[1], panel.width - 4, "rm")):
            draw.text(
                (x, panel.height / 2), letter, LETTERS, font, anchor=anchor, stroke_width=1, stroke_fill=(0, 0, 0)
            )
    return panel


def legend(entries: Mapping[str, RGB], width: int) -> Pillow.Image:
    """Names beside patches of their colours, in as many lines as the width asks for."""
    font = ImageFont.load_default(LARGE)
    places, x, line, step = [], 0, 0, LARGE + 9
    for name, colour in entries.items():
        short = name if len(name) <= 24 else f"{name[:23]}…"
        needed = LARGE + 8 + int(font.getlength(short)) + 18
        if x and x + needed > width:
            x, line = 0, line + 1
        places.append((x, line * step, short, colour))
        x += needed
    panel = Pillow.new("RGB", (width, (line + 1) * step + 4))
    draw = ImageDraw.Draw(panel)
    for x, y, name, colour in places:
        draw.rectangle((x + 4, y + 7, x + LARGE, y + LARGE + 3), fill=colour)
        draw.text((x + LARGE + 8, y + 4), name, LETTERS, font)
    return panel


def hung(panels: Sequence[Pillow.Image], key: Mapping[str, RGB]) -> bytes:
    """PNG of panels on black, two in a row, and their legend.

    Of three panels the first (axial) hangs below the second (coronal), which shares its columns, and the legend beside
    it.
    """
    if len(panels) == 3:
        axial, coronal, sagittal = panels
        beside = legend(key, max(sagittal.width, 160)) if key else Pillow.new("RGB", (1, 1))
        return png(_below([_beside([coronal, sagittal], top=False), _beside([axial, beside], top=True)]))
    rows = [_beside(panels[start : start + 2], top=False) for start in range(0, len(panels), 2)]
    return png(_below([*rows, legend(key, rows[0].width)] if key else rows))


def _beside(panels: Sequence[Pillow.Image], *, top: bool) -> Pillow.Image:
    height = max(panel.height for panel in panels)
    row = Pillow.new("RGB", (sum(panel.width for panel in panels) + GAP * (len(panels) - 1), height))
    at = 0
    for panel in panels:
        row.paste(panel, (at, 0 if top else (height - panel.height) // 2))
        at += panel.width + GAP
    return row


def _below(rows: Sequence[Pillow.Image]) -> Pillow.Image:
    column = Pillow.new(
        "RGB", (max(row.width for row in rows), sum(row.height for row in rows) + GAP * (len(rows) - 1))
    )
    at = 0
    for row in rows:
        column.paste(row, (0, at))
        at += row.height + GAP
    return column


def png(picture: Pillow.Image) -> bytes:
    """The picture as PNG bytes."""
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
