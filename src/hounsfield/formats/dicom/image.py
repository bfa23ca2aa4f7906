"""DICOM as a format of images: a file or a series to an Image whose slabs decode only the slices they need.

A volume is (C, column, row, slice), its slices in the order of their positions along the normal. Files that do not
say where they lie are pictures, (C, row, column) or (C, row, column, frame), in pixels whatever spacing they state: a
projection has none that holds in the body.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.dicom.file import DicomFile
from hounsfield.formats.dicom.geometry import Slice
from hounsfield.formats.dicom.header import read_header
from hounsfield.formats.dicom.pixels import channels_of, dtype_of, read_frames
from hounsfield.formats.dicom.segments import read_segments
from hounsfield.formats.dicom.series import Volume, assemble, stacks_of
from hounsfield.formats.label_values import whole_numbers
from hounsfield.values import Grid, Image, refuse


@dataclass(frozen=True, eq=False)
class DicomSource:
    """The numbers of a volume or picture in real units, (C, *grid.shape)."""

    volume: Volume

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, then the grid's axes."""
        return (channels_of(self.volume.slices[0].header), *self.volume.grid.shape)

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type that holds the numbers of every slice."""
        return np.result_type(*{dtype_of(one.header) for one in self.volume.slices})

    def slab(self, axis: int, start: int, stop: int) -> NDArray[Any]:
        """The part with start <= index < stop along one axis. Refuses a slice that can not be decoded."""
        slices, cut = self.volume.slices, slice(start, stop)
        is_placed, shape = self.volume.stack.is_placed, self.shape
        if axis == 3:
            slices = slices[cut]
        within = [cut if axis == n else slice(None) for n in range(3)]
        if is_placed:  # frames are (C, row, column), volumes (C, column, row, slice)
            within[1], within[2] = within[2], within[1]
        sizes = [len(range(*one.indices(n))) for one, n in zip(within, _plane(shape, is_placed), strict=True)]
        try:
            planes = np.empty((len(slices), *sizes), self.dtype)
        except MemoryError:
            what = f"needs more memory than there is, {len(slices)} slices of {'x'.join(map(str, sizes))}"
            raise refuse(self.volume.stack.where, what, "Is it the right file?") from None
        for place, plane in enumerate(_planes(slices)):
            planes[place] = plane[tuple(within)]
        if is_placed:
            return planes.transpose(1, 3, 2, 0)
        return np.moveaxis(planes, 0, -1) if len(shape) == 4 else planes[0]


def image_of(volume: Volume) -> Image:
    """The image of a volume, lazily, with the modality of its files."""
    return Image(DicomSource(volume), volume.grid, volume.stack.first.modality)


def read_grid(path: Path) -> Grid:
    """The grid of a DICOM file; its pixels are not decoded."""
    return _volume_in(Path(path)).grid


def read_image(path: Path) -> Image:
    """The image of one DICOM file in real units, lazily: a slice, a picture, or a volume of frames."""
    return image_of(_volume_in(Path(path)))


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The label values of a segmentation object, or of an image of whole numbers, and their grid."""
    header = read_header(DicomFile(Path(path)))
    if header.is_segmentation:
        return read_segments(header)
    source = DicomSource(_volume_in(Path(path)))
    values = source.slab(0, 0, source.shape[0])
    if len(values) != 1:
        raise refuse(path, "is a colour image, not a label map", "Give one number for each pixel.")
    return whole_numbers(path, values[0]), source.volume.grid


def _volume_in(path: Path) -> Volume:
    header = read_header(DicomFile(path))
    if header.is_segmentation:
        raise refuse(path, "is a segmentation object, which holds labels and no image", "Give it as labels.")
    stacks = stacks_of([header])
    if len(stacks) > 1:
        names = ", ".join(stack.name for stack in stacks[:8])
        what = f"holds {len(stacks)} volumes ({names}{' ...' * (len(stacks) > 8)})"
        raise refuse(path, what, "Give the folder it lies in: each volume is then a case of its own.")
    return assemble(stacks[0])


def _plane(shape: tuple[int, ...], is_placed: bool) -> tuple[int, int, int]:
    """(C, rows, columns) of one frame of an array of this shape."""
    return (shape[0], shape[2], shape[1]) if is_placed else (shape[0], shape[1], shape[2])


def _planes(slices: Sequence[Slice]) -> Iterator[NDArray[Any]]:
    """(C, rows, columns) of one slice after the other; a file that holds several in a row is opened once."""
    for _, several in groupby(slices, key=lambda one: id(one.header)):
        group = list(several)
        yield from read_frames(group[0].header, [one.frame for one in group])
