"""An image in a few numbers and as a small picture of itself, read once, part by part."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hounsfield.ops.slabs import slabs
from hounsfield.values import Grid, Image

PERCENT = (1, 5, 25, 50, 75, 95, 99)
SAMPLE = 20_000  # elements that the quantiles are taken from, at least (all of a smaller image)
SIDE = 16  # elements of a thumbnail along an axis, at most


@dataclass(frozen=True)
class ImageSummary:
    """What an image's numbers are like, all channels together; only nans and infinities count what is not finite.

    low, high, mean, deviation: NaN where nothing is finite.  quantiles: percent -> value, of an even sample.
    """

    low: float
    high: float
    mean: float
    deviation: float
    nans: int
    infinities: int
    elements: int
    channels: int
    quantiles: Mapping[int, float]


def summarise(image: Image) -> tuple[ImageSummary, NDArray[np.float32]]:
    """The summary of an image and its thumbnail, the first channel averaged down to SIDE elements an axis at most."""
    elements = math.prod(image.source.shape)
    step = max(1, elements // SAMPLE)
    nans = infinities = count = 0
    low, high, mean, squares = math.inf, -math.inf, 0.0, 0.0
    sample = []
    blocks = Blocks(image.grid.shape, SIDE)
    for part, values in slabs(image.source):
        blocks.add(part, values[0])
        finite = values[np.isfinite(values)] if values.dtype.kind == "f" else values.ravel()
        finite = finite.astype(np.float64, copy=False)
        missing = values.size - finite.size
        here = int(np.count_nonzero(np.isnan(values))) if missing else 0
        nans, infinities = nans + here, infinities + missing - here
        if not finite.size:
            continue
        sample.append(finite[::step].copy())  # a view would keep the whole part
        low, high = min(low, float(finite.min())), max(high, float(finite.max()))
        # parts joined as in Chan et al. 1979: no sum of squares of large numbers
        middle = float(finite.mean())
        squares += float(np.square(finite - middle).sum())
        squares += (middle - mean) ** 2 * count * finite.size / (count + finite.size)
        mean += (middle - mean) * finite.size / (count + finite.size)
        count += finite.size
    if not count:
        low = high = mean = squares = math.nan
    quantiles = np.percentile(np.concatenate(sample), PERCENT) if sample else [math.nan] * len(PERCENT)
    said = ImageSummary(
        low=low,
        high=high,
        mean=mean,
        deviation=math.sqrt(squares / count) if count else math.nan,
        nans=nans,
        infinities=infinities,
        elements=elements,
        channels=image.channels,
        quantiles={percent: float(value) for percent, value in zip(PERCENT, quantiles, strict=True)},
    )
    return said, blocks.mean()


def reduced(image: Image, most: int) -> NDArray[np.float32]:
    """The first channel averaged down to at most `most` elements an axis; it lies on `reduced_grid`."""
    blocks = Blocks(image.grid.shape, most)
    for part, values in slabs(image.source):
        blocks.add(part, values[0])
    return blocks.mean()


def reduced_grid(grid: Grid, most: int) -> Grid:
    """The grid whose elements lie in the middle of the blocks that `reduced` averages."""
    d = grid.ndim
    shape = tuple(min(n, most) for n in grid.shape)
    step = np.array(grid.shape) / np.array(shape)
    affine = grid.affine.copy()
    affine[:d, d] = grid.to_world((step - 1) / 2)[0]
    affine[:d, :d] *= step
    return Grid(shape, affine, grid.unit, grid.frame)


class Blocks:
    """Means over blocks of a channel that comes in parts; what is not finite is left out, an empty block is 0."""

    def __init__(self, shape: tuple[int, ...], most: int) -> None:
        bins = tuple(min(n, most) for n in shape)
        self._starts = [-(-np.arange(b) * n // b) for n, b in zip(shape, bins, strict=True)]
        self._bin_of_plane = np.arange(shape[-1]) * bins[-1] // shape[-1]
        self._sums = np.zeros(bins)
        self._counts = np.zeros(bins)

    def add(self, part: slice, channel: NDArray[np.generic]) -> None:
        """Take the planes of this part of the last axis: (*shape[:-1], part)."""
        finite = np.isfinite(channel)
        bins = self._bin_of_plane[part]
        first = np.flatnonzero(np.diff(bins, prepend=-1))
        for array, into in ((np.where(finite, channel, 0), self._sums), (finite, self._counts)):
            for axis, starts in enumerate((*self._starts[:-1], first)):
                array = np.add.reduceat(array, starts, axis=axis, dtype=np.float64)
            into[..., bins[first]] += array

    def mean(self) -> NDArray[np.float32]:
        """The means so far."""
        return (self._sums / np.maximum(self._counts, 1)).astype(np.float32)
