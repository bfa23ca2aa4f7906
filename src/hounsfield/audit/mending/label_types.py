"""Label maps stored in floating point become whole numbers, in the smallest type that holds them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

from hounsfield.audit.mending.mend import COPIES, Mend, volume_of
from hounsfield.formats.files import suffix_of
from hounsfield.layouts.lazies import format_of
from hounsfield.values import Dataset


def mends(measured: Mapping[str, list[tuple[str, str]]], dataset: Dataset) -> Iterator[Mend]:
    """Every such file, whether it is one of a few or all are: reading has checked that its values are whole."""
    for case in dataset:
        found = dict(measured.get(case.id, ()))
        for truth in case.truths.values():
            file = volume_of(truth.answer) if truth.answer.where in found else None
            if file is not None:
                what = f"is stored as whole numbers in place of {found[truth.answer.where]}, every value the same"
                yield Mend("label_types", file, what, partial(_write, file))


def _write(file: Path, to: Path) -> None:
    array, _ = format_of(file).read_labels(file)
    COPIES[suffix_of(file)].copy_with_labels(file, to, array)
