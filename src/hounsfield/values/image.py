"""What is measured: images, series, words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hounsfield.values.equality import ArrayValue, equal
from hounsfield.values.grid import Grid
from hounsfield.values.order import contiguous


class ArraySource(Protocol):
    """Where an array's numbers come from; a format implements it so that a slab is read without the whole."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole array."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers that `slab` gives."""

    def slab(self, axis: int, start: int, stop: int) -> NDArray[Any]:
        """The part of the array with start <= index < stop along one axis."""


@dataclass(frozen=True, eq=False)
class MemorySource(ArrayValue):
    """An array that is in memory already."""

    array: NDArray[Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """Shape of the whole array."""
        return self.array.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the numbers."""
        return self.array.dtype

    def slab(self, axis: int, start: int, stop: int) -> NDArray[Any]:
        """The part of the array with start <= index < stop along one axis."""
        return self.array[(slice(None),) * axis + (slice(start, stop),)]


@dataclass(frozen=True, eq=False)
class Image(ArrayValue):
    """Channels on a grid, in real units. source: (C, *grid.shape)."""

    source: ArraySource
    grid: Grid
    modality: str = ""

    def __post_init__(self) -> None:
        if tuple(self.source.shape[1:]) != self.grid.shape:
            raise ValueError(f"channels of shape {self.source.shape} do not lie on {self.grid}")

    @staticmethod
    def of(array: NDArray[Any], grid: Grid, modality: str = "") -> Image:
        """An image from an array in memory: (C, *grid.shape), or grid.shape for a single channel."""
        channels = array[None] if array.ndim == grid.ndim else array
        return Image(MemorySource(channels), grid, modality)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self.source.shape[0])

    def array(self, dtype: DTypeLike = np.float32) -> NDArray[Any]:
        """The whole image (C, *grid.shape) in memory."""
        return contiguous(self.source.slab(0, 0, self.channels), dtype)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Image):
            return NotImplemented
        same_frame = self.grid == other.grid and self.modality == other.modality
        return same_frame and equal(self.array(self.source.dtype), other.array(other.source.dtype))

    __hash__ = None

    def __repr__(self) -> str:
        return f"Image({self.modality or 'image'}, {self.channels} channel{'s' * (self.channels != 1)}, {self.grid})"


@dataclass(frozen=True, eq=False)
class Series(ArrayValue):
    """Measurements at times, as they come: irregular, with gaps, possibly none at all.

    times: (T,) float64, non-decreasing, repeats allowed, T = 0 legal, in `unit`.
    values: (T, C) float32; NaN says "not measured" and nothing else.
    """

    times: NDArray[np.float64]
    values: NDArray[np.float32]
    channels: tuple[str, ...]
    unit: str = "s"

    def __post_init__(self) -> None:
        times = np.asarray(self.times, dtype=np.float64).reshape(-1)
        values = np.asarray(self.values, dtype=np.float32).reshape(len(times), len(self.channels))
        if len(times) > 1 and np.any(np.diff(times) < 0):
            raise ValueError("times of a series must not decrease")
        object.__setattr__(self, "times", times)
        object.__setattr__(self, "values", values)
        object.__setattr__(self, "channels", tuple(self.channels))

    def __repr__(self) -> str:
        return f"Series({len(self.times)} times x {len(self.channels)} channels, {self.unit})"


@dataclass(frozen=True)
class Words:
    """A text in tokens, with a tag for each where there are tags."""

    tokens: tuple[str, ...]
    tags: tuple[str, ...] = ()
