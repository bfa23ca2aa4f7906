"""What a safe mending is: one file of the set, what is changed in it, and how the mended file is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from numpy.typing import NDArray

from hounsfield.formats import metaimage_copies, nifti_copies, nrrd_copies
from hounsfield.formats.files import suffix_of
from hounsfield.layouts.lazies import files_of
from hounsfield.values import Dataset, Grid, Lazy, Refused


class Copies(Protocol):
    """What a format of volumes does to have a file once more with one thing changed; see `formats.nifti_copies`."""

    def can_copy(self, path: Path) -> bool:
        """Whether it can do so with this file."""

    def copy_on_grid(self, path: Path, to: Path, grid: Grid) -> None:
        """The file on another grid."""

    def copy_with_labels(self, path: Path, to: Path, array: NDArray[Any], grid: Grid | None = None) -> None:
        """The file with other labels."""


COPIES: Mapping[str, Copies] = {
    **dict.fromkeys((".nii", ".nii.gz"), nifti_copies),
    ".nrrd": nrrd_copies,
    ".mha": metaimage_copies,
}
"""Volumes by suffix that can be mended."""


@dataclass(frozen=True)
class Mend:
    """A safe change of one file, not made yet.

    check: which one found the fault.  what: continues the file's name, without a full stop.  write: writes the mended
    file to a path of the same name in another folder; the file itself is never touched. Raises Refused where it is no
    more as it was.
    """

    check: str
    file: Path
    what: str
    write: Callable[[Path], None]


class Mending(Protocol):
    """What can be mended safely of what one check finds."""

    def __call__(self, measured: Mapping[str, Any], dataset: Dataset) -> Iterable[Mend]:
        """The changes that the check's measurements (case id -> measurement) call for; nothing is written."""


def one_a_file(mends: Iterable[Mend]) -> tuple[Mend, ...]:
    """The mends without those of files that are to become two different things: only a person can tell which."""
    wanted: dict[Path, dict[tuple[str, str], Mend]] = {}
    for mend in mends:
        wanted.setdefault(mend.file, {}).setdefault((mend.check, mend.what), mend)
    return tuple(mend for found in wanted.values() if len(found) == 1 for mend in found.values())


def volume_of(value: Lazy[Any]) -> Path | None:
    """The file that a volume is read from; None where it is of a format that is not mended, or lies in several."""
    if len(value.files) != 1 or suffix_of(value.files[0]) not in COPIES:
        return None
    (file,) = value.files
    try:
        return file if files_of(file) == value.files and COPIES[suffix_of(file)].can_copy(file) else None
    except Refused:  # another check says why
        return None
