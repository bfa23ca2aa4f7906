"""From decoded pictures to arrays: channels of images, numbers of label maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import ImageOps
from scipy import ndimage

from hounsfield.formats.label_values import whole_numbers
from hounsfield.formats.picture_header import PictureHeader, opened, states_rotation
from hounsfield.formats.tiff_pages import JPEG, WHITE_IS_ZERO
from hounsfield.values import refuse

STRIP = 2**22  # pixels turned into numbers at a time, so that no second copy of a large picture is made
DISTINCT = 16  # grey levels that lie at least so far apart are labels that JPEG kept
NEAR = 48  # grey levels from black or white that JPEG brings a mask's edges to
DOUBTFUL = 0.02  # share of the pixels that may be further from both, in a mask of two values


@dataclass(frozen=True, eq=False)
class PagesSource:
    """The numbers of a picture's pages, (channels, rows, columns[, slices]); only pages asked for are decoded."""

    header: PictureHeader

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, then the grid's axes."""
        return (self.header.channels, *self.header.grid.shape)

    @property
    def dtype(self) -> np.dtype:
        """The type of the numbers."""
        return self.header.dtype

    def slab(self, axis: int, start: int, stop: int) -> NDArray[Any]:
        """The part with start <= index < stop along one axis. Refuses pages that can not be decoded."""
        header = self.header
        slices = range(header.numbers.shape[1])[start:stop] if axis == 3 else range(header.numbers.shape[1])
        part: list[slice] = [slice(None)] * 3
        if axis < 3:
            part[axis] = slice(start, stop)
        shape = [len(range(n)[taken]) for n, taken in zip(self.shape, part, strict=False)]
        planes = np.empty((len(slices), *shape), self.dtype)
        with opened(header.path, header.kind) as picture:
            for plane, k in zip(planes, slices, strict=True):
                is_whole = plane.shape == (header.channels, header.rows, header.columns)
                page = plane if is_whole else np.empty((header.channels, header.rows, header.columns), self.dtype)
                for channels, number in zip(np.split(page, len(header.numbers)), header.numbers[:, k], strict=True):
                    picture.seek(int(number))
                    _fill(channels, picture, header)
                if not is_whole:
                    plane[...] = page[tuple(part)]
        return np.moveaxis(planes, 0, -1) if header.grid.ndim == 3 else planes[0]


def read_label_pages(header: PictureHeader) -> NDArray[np.integer]:
    """The label values of a picture or a stack, on its grid."""
    if len(header.numbers) > 1:
        raise refuse(header.path, f"has {len(header.numbers)} channels; a label map has one", "Give one for each file.")
    if header.kind == "GIF" and header.numbers.size > 1:
        raise refuse(header.path, "is an animation, not a label map", "Save its frames as the pages of a TIFF.")
    pages = []
    with opened(header.path, header.kind) as picture:
        for number in header.numbers[0]:
            picture.seek(int(number))
            pages.append(_labels(picture, header))
    values = pages[0] if len(pages) == 1 else np.stack(pages, -1)
    if header.kind == "JPEG" or (header.page is not None and header.page.compression == JPEG):
        values = _unsmeared(header, values)
    return whole_numbers(header.path, values)


def _fill(channels: NDArray[Any], picture: Any, header: PictureHeader) -> None:
    """Fill (channels, row, column) with the page that Pillow is at, upright. Refuses transparency."""
    _turn_upright(picture, header)
    step = max(1, STRIP // header.columns)
    for start in range(0, header.rows, step):
        strip = picture.crop((0, start, header.columns, min(start + step, header.rows)))
        if _is_transparent(strip):
            remedy = "Lay it on a ground of your choice ('flatten') and save it without transparency."
            raise refuse(header.path, "is transparent in places, and what lies there is unknown", remedy)
        numbers = _numbers(strip, header)
        if numbers.ndim == 3:
            numbers = np.moveaxis(numbers, -1, 0)[: len(channels)]  # one of three equal greys of a GIF
        channels[:, start : start + step] = numbers


def _turn_upright(picture: Any, header: PictureHeader) -> None:
    if states_rotation(picture):
        ImageOps.exif_transpose(picture, in_place=True)
    picture.load()
    if (picture.height, picture.width) != (header.rows, header.columns):
        raise ValueError(f"a page of {picture.width}x{picture.height} instead of {header.columns}x{header.rows}")


def _is_transparent(strip: Any) -> bool:
    """Whether anything in it is not fully opaque."""
    key = strip.info.get("transparency")
    if strip.mode in ("LA", "La", "PA", "RGBA"):
        opacity = np.asarray(strip.getchannel(len(strip.getbands()) - 1))
    elif key is None:
        return False
    elif strip.mode.startswith("I"):
        return bool(np.any(np.asarray(strip) == key))
    else:
        opacity = np.asarray(strip.convert("RGBA").getchannel("A"))
    return bool(opacity.min() < 255)


def _numbers(strip: Any, header: PictureHeader) -> NDArray[Any]:
    """(row, column), or (row, column, 3) where there are colours, in the header's type."""
    if strip.mode in ("LA", "La"):
        return np.asarray(strip.getchannel(0))
    if strip.mode in ("P", "PA"):
        return np.asarray(strip.convert("RGBA"))[..., :3]
    if strip.mode in ("CMYK", "YCbCr"):
        return np.asarray(strip.convert("RGB"))
    array = np.asarray(strip)
    if array.ndim == 3:
        return array[..., :3]
    if header.page is None or header.is_colour:
        return array
    native: NDArray[Any] = array.astype(array.dtype.newbyteorder("="), copy=False)
    if native.dtype.itemsize == header.dtype.itemsize and native.dtype.kind != "b":
        native = native.view(header.dtype)  # Pillow has no signed bytes and no unsigned numbers of 32 bits
    if header.page.photometric == WHITE_IS_ZERO and header.dtype == np.uint16:
        return np.iinfo(np.uint16).max - native  # Pillow turns what has up to 8 bits, and no more
    return native


def _labels(picture: Any, header: PictureHeader) -> NDArray[Any]:
    """The numbers of a page: those of a palette, but the greys of one that holds nothing else; three equal as one."""
    if picture.mode == "P" and header.kind != "GIF":
        _turn_upright(picture, header)
        colours = np.reshape(picture.getpalette() or [], (-1, 3))
        if np.any(colours != colours[:, :1]):
            return np.asarray(picture)
    channels = np.empty((header.channels, header.rows, header.columns), header.dtype)
    _fill(channels, picture, header)
    if len(channels) > 1 and np.any(channels != channels[:1]):
        _refuse_colours(header, channels)
    return np.asarray(channels[0])


def _refuse_colours(header: PictureHeader, channels: NDArray[Any]) -> None:
    red, green, blue = (channel.astype(np.int64) for channel in channels)
    found = np.unique(red << 16 | green << 8 | blue)
    if len(found) > 256 or header.kind == "JPEG":
        raise refuse(header.path, "is a colour picture, not a label map", "Is it the right file?")
    first = ", ".join(str((int(c) >> 16, int(c) >> 8 & 255, int(c) & 255)) for c in found[:4])
    what = f"is a mask of {len(found)} colours ({first}{' ...' if len(found) > 4 else ''}), without numbers for them"
    raise refuse(header.path, what, "Save it as grey or palette PNG with one number for each class, 0 for none.")


def _unsmeared(header: PictureHeader, values: NDArray[Any]) -> NDArray[Any]:
    """The numbers of a mask saved as JPEG: as they are while they are distinct, black or white where they nearly are.

    JPEG blurs edges. Of a mask of two values that leaves no doubt but at thin lines, of more values nothing sure.
    """
    found = np.unique(values)
    if len(found) < 2 or np.diff(found.astype(np.int64)).min() >= DISTINCT:
        return values
    if values.dtype == np.uint8 and found[-1] > 127 and not _has_a_third(values):
        return np.where(values > 127, np.uint8(255), np.uint8(0))
    some = ", ".join(map(str, found[:4]))
    what = f"is a mask saved as JPEG, which smeared its numbers into {len(found)} ({some} ...)"
    raise refuse(header.path, what, "Save masks as PNG, from before they became a JPEG.")


def _has_a_third(values: NDArray[np.uint8]) -> bool:
    """Whether there is more than black and white and the blur between: grey in many pixels, or in a patch of them."""
    is_grey = np.minimum(values, 255 - values) > NEAR
    return bool(is_grey.mean() > DOUBTFUL or ndimage.binary_erosion(is_grey, np.ones((3, 3))).any())
