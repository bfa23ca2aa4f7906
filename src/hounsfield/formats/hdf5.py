"""Images and label maps in HDF5 files (.h5, .hdf5): a data set has the axes of formats.arrays, in pixels."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.arrays import pixel_grid, spatial
from hounsfield.formats.hdf5_file import Numbers, endured, native, places, read_part, refuse_data, walk, walk_words
from hounsfield.formats.label_values import whole_numbers
from hounsfield.values import Grid, Image, refuse

IMAGES = ("image", "images", "img", "data", "raw", "volume", "scan", "t1", "t1c", "t1ce", "t2", "flair", "ct", "mr")
LABELS = ("label", "labels", "mask", "masks", "seg", "segmentation", "gt")
SCRIBBLES = ("scribble", "scribbles")


@dataclass(frozen=True, eq=False)
class Hdf5Source:
    """A data set as an image's numbers, (C, *grid.shape); a slab reads no more than its chunks."""

    path: Path
    numbers: Numbers

    @property
    def shape(self) -> tuple[int, ...]:
        """Channels, then the grid's axes."""
        stored = self.numbers.shape
        return (stored[-1], *stored[:-1]) if self._has_colours else (1, *stored)

    @property
    def dtype(self) -> np.dtype:
        """As stored; yes and no as 1 and 0."""
        return native(self.numbers.dtype)

    def slab(self, axis: int, start: int, stop: int) -> NDArray[Any]:
        """The part with start <= index < stop along one axis. Refuses what can not be unpacked."""
        part = [slice(None)] * len(self.shape)
        part[axis] = slice(start, stop)
        lead, rest = part[0], part[1:]
        if self._has_colours:
            return np.moveaxis(read_part(self.path, self.numbers, (*rest, lead)), -1, 0)
        return read_part(self.path, self.numbers, tuple(rest))[None][lead]

    @property
    def _has_colours(self) -> bool:
        return spatial(self.numbers.shape) != self.numbers.shape


def list_numbers(path: Path) -> dict[str, Numbers]:
    """Name -> shape and type of each data set of numbers in a file; none of them is read."""
    with endured(Path(path)) as file:
        return {found.name: found for found in walk(Path(path), file)}


def list_words(path: Path) -> list[tuple[str, str]]:
    """Name and text of each short attribute of text in a file, wherever it hangs."""
    with endured(Path(path)) as file:
        return list(walk_words(file))


def by_role(names: Mapping[str, Numbers]) -> dict[str, list[str]]:
    """`image`, `label` and `scribble` -> the data sets that are called so, of those at the root of a file."""
    roles = {"image": IMAGES, "label": LABELS, "scribble": SCRIBBLES}
    return {role: [name for word in known for name in names if name.lower() == word] for role, known in roles.items()}


def read_grid(path: Path) -> Grid:
    """The grid of a file's image; no numbers are read."""
    return pixel_grid(path, spatial(_only(Path(path), "image").shape))


def read_image(path: Path) -> Image:
    """The image of a file: the data set that is called so (image, img, data, raw ...), or the only one there is."""
    return read_numbers(Path(path), _only(Path(path), "image"))


def read_labels(path: Path) -> tuple[NDArray[np.integer], Grid]:
    """The label values of a file: the data set that is called so (label, mask, seg ...), or the only one there is."""
    return read_label_numbers(Path(path), _only(Path(path), "label"))


def read_numbers(path: Path, numbers: Numbers) -> Image:
    """A data set as an image, whose numbers are read when they are asked for."""
    return Image(Hdf5Source(path, numbers), pixel_grid(f"{path}::{numbers.name}", spatial(numbers.shape)))


def read_label_numbers(path: Path, numbers: Numbers) -> tuple[NDArray[np.integer], Grid]:
    """A data set as label values. Refuses fractions and NaN."""
    where = f"{path}::{numbers.name}"
    grid = pixel_grid(where, numbers.shape)
    return whole_numbers(where, read_part(path, numbers, (slice(None),) * len(numbers.shape))), grid


def parts_of(path: Path, numbers: Numbers) -> Iterator[NDArray[Any]]:
    """The numbers of a data set in their order, in parts of at most 64 MiB."""
    with endured(path) as file:
        data = file[numbers.name]
        refuse_data(path, data, numbers)
        for place in places(numbers.shape, numbers.dtype.itemsize):
            yield np.asarray(data[place]).astype(native(numbers.dtype), copy=False)


def _only(path: Path, role: str) -> Numbers:
    found = {name: one for name, one in list_numbers(path).items() if len(one.shape) > 1}
    named = by_role(found)[role]
    if len(named) == 1:
        return found[named[0]]
    if len(found) == 1:
        return next(iter(found.values()))
    some = ", ".join(list(found)[:6]) or "none of numbers in rows and columns"
    what = f"does not say which of its data sets is the {role}: {some}"
    raise refuse(path, what, f"Keep one data set in it, or call one {role!r}.")
