"""Values that are read when they are asked for, with the identity of what they are read from."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import sha256_of, suffix_of
from hounsfield.formats.stored import StoredVolume
from hounsfield.ops.slabs import tally
from hounsfield.registry.tables import FORMATS
from hounsfield.values import Grid, Image, LabelMap, Lazy, Problem, Refused, refuse

if TYPE_CHECKING:
    from hounsfield.formats.dicom.series import Volume

T = TypeVar("T")
Labels = NDArray[np.integer]


class ImageFormat(Protocol):
    """What every format of images gives."""

    def read_grid(self, path: Path) -> Grid:
        """The grid; only the header is read."""

    def read_image(self, path: Path) -> Image:
        """The image."""

    def read_labels(self, path: Path) -> tuple[Labels, Grid]:
        """Label values and their grid."""


def format_of(path: Path) -> ImageFormat:
    """The format that a file's name stands for, a third party's among them. Raises Refused for other names."""
    suffix = suffix_of(path)
    if suffix not in FORMATS.targets:
        raise refuse(path, "is no image by its name", f"Known are {', '.join(FORMATS.names())}.")
    module, _, _ = FORMATS.target(suffix).partition(":")
    return cast(ImageFormat, import_module(module))


def files_of(path: Path) -> tuple[Path, ...]:
    """The files that an image is read from: itself, and the one that its header keeps the numbers in."""
    try:
        found = getattr(format_of(path), "files_of", None)
        return (path,) if found is None else tuple(found(path))
    except Refused:
        return (path,)  # whoever reads it will say why


def doubts_of(path: Path) -> tuple[Problem, ...]:
    """What a file says of itself that other programs may take otherwise, where its format knows of such."""
    found = getattr(format_of(path), "doubts", None)
    return () if found is None else tuple(found(path))


def digest_of(path: Path) -> str:
    """Identity of an image by the bytes of its files, in hexadecimal."""
    digests = [sha256_of(file) for file in files_of(path)]
    return digests[0] if len(digests) == 1 else hashlib.sha256("\n".join(digests).encode()).hexdigest()


def image(path: Path, modality: str = "") -> Lazy[Image]:
    """The image of a file, with its modality where the folder states it."""

    def load() -> Image:
        return replace(format_of(path).read_image(path), modality=modality)

    return Lazy(Image, str(path), load, lambda: digest_of(path), files=(path,))


def dicom_volume(volume: Volume, where: str) -> Lazy[Image]:
    """The image of a volume of DICOM slices, which may lie in many files."""

    def load() -> Image:
        from hounsfield.formats.dicom.image import image_of  # pydicom: only where there is DICOM

        return image_of(volume)

    def digest() -> str:
        digests = {file: file.sha256 for file in {one.header.file for one in volume.slices}}
        said = "\n".join(f"{digests[one.header.file]}:{one.frame.index}" for one in volume.slices)
        return hashlib.sha256(said.encode()).hexdigest()

    return Lazy(Image, where, load, digest, files=tuple(file.path for file in volume.stack.files))


def channel(path: Path, number: int, modality: str = "") -> Lazy[Image]:
    """One channel of a volume of four axes."""

    def digest() -> str:
        return hashlib.sha256(f"{digest_of(path)}:{number}".encode()).hexdigest()

    def load() -> Image:
        source = format_of(path).read_image(path).source
        if not isinstance(source, StoredVolume):
            raise refuse(path, "is no volume of several channels", "Give each channel a file: CASE_0000, CASE_0001.")
        return replace(source.image(number), modality=modality)

    return Lazy(Image, f"{path}::{number}", load, digest, files=(path,))


def labels_on(
    path: Path,
    image_path: Path,
    names: Mapping[int, str],
    *,
    regions: Mapping[str, frozenset[int]] | None = None,
    ignore: int | None = None,
    convert: Callable[[Path, Labels], Labels] | None = None,
) -> Lazy[LabelMap]:
    """The label map of a file, on its image's grid; values without a name get `label_VALUE`.

    Loading refuses labels that do not lie on the image's grid, naming both files.
    """

    def load() -> LabelMap:
        array, found = format_of(path).read_labels(path)
        grid = same_grid(path, found, image_path)
        if convert is not None:
            array = convert(path, array)
        unnamed = tally(array).keys() - set(names) - {0, ignore}
        labels = {**names, **{value: f"label_{value}" for value in sorted(unnamed)}}
        return LabelMap(array, grid, labels, regions=regions or {}, ignore=ignore)

    def stored() -> Image:
        return format_of(path).read_image(path)

    return Lazy(LabelMap, str(path), load, lambda: digest_of(path), stored, (path,))


def same_grid(path: Path, grid: Grid, image_path: Path) -> Grid:
    """The image's grid, when a file lies on it. Refuses it otherwise, naming both files and how they differ."""
    expected = format_of(image_path).read_grid(image_path)
    are_pictures = expected.frame == grid.frame == "image"  # they lie nowhere, and few state a spacing
    if expected.close_to(grid) or (are_pictures and expected.shape == grid.shape):
        return expected
    if expected.shape != grid.shape:
        what = f"has the shape {_times(grid.shape)}, but its image {image_path} has {_times(expected.shape)}"
    else:
        what = f"lies elsewhere than its image {image_path}: {_origin(grid)} against {_origin(expected)}"
    raise refuse(path, what, "`hounsfield inspect` says which of the two is odd, and mends what it safely can (--fix).")


def ready(value: T, where: str, content: bytes) -> Lazy[T]:
    """A small value that is in memory already, known by the bytes it came from."""
    return Lazy(type(value), where, lambda: value, lambda: hashlib.sha256(content).hexdigest())


def computed(kind: type[T], where: str, load: Callable[[], T], content: Callable[[], Any]) -> Lazy[T]:
    """A value that `load` makes, known by the bytes that `content` gives."""
    return Lazy(kind, where, load, lambda: hashlib.sha256(content()).hexdigest())


def _times(shape: tuple[float, ...]) -> str:
    return "x".join(map(str, shape))


def _origin(grid: Grid) -> str:
    at = ", ".join(f"{x:.4g}" for x in grid.affine[: grid.ndim, grid.ndim])
    return f"origin ({at}), spacing {_times(tuple(round(s, 4) for s in grid.spacing))}"
