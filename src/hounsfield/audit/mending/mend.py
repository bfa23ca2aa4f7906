"""What a safe mending is: one file of the set, what is changed in it, and how the mended file is written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from hounsfield.layouts.lazies import files_of
from hounsfield.values import Dataset, Lazy

NIFTI = (".nii", ".nii.gz")
"""Names of volumes that are written once more with nothing changed but what is said; other formats are not mended."""


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


def nifti_of(value: Lazy[Any]) -> Path | None:
    """The NIfTI file that a value is read from; None where it is of another format, or lies in several files."""
    if len(value.files) != 1 or not value.files[0].name.lower().endswith(NIFTI):
        return None
    return value.files[0] if files_of(value.files[0]) == value.files else None
