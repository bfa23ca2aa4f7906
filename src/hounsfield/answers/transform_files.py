"""Transforms on disk, so that all files of one are there together."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from hounsfield.answers.writing import flush, meant_for
from hounsfield.formats import itk_transforms, transform_files
from hounsfield.formats.files import stem_of, suffix_of
from hounsfield.values import Transform, refuse


def write_transform(transform: Transform, stem: Path) -> Sequence[Path]:
    """STEM.json, and STEM.nii.gz and STEM.inverse.nii.gz where it has the fields."""
    with meant_for(stem.with_name(f"{stem.name}.json")):
        stem.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=stem.parent, prefix=".transform-") as folder:
            written = transform_files.write_transform(Path(folder) / f"{stem.name}.json", transform)
            names = [file.name for file in written]
            for file in written:
                flush(file)
            # the JSON last: it says which fields belong to it
            for name in reversed(names):
                os.replace(Path(folder) / name, stem.with_name(name))
    return [stem.with_name(name) for name in names]


def read_transform(path: Path) -> Transform:
    """The transform whose JSON this is, or that of an ITK displacement field.

    Refuses an ITK affine, which has no grid, and the field of a transform of ours without its JSON.
    """
    if suffix_of(path) in itk_transforms.AFFINES:
        what = "is an affine of ITK's, which does not say onto which grid images are to be carried"
        raise refuse(path, what, "In Python: Transform(fixed_grid, moving_grid, itk_transforms.read_affine(path)).")
    if suffix_of(path) not in itk_transforms.FIELDS:
        return transform_files.read_transform(path)
    whole = path.with_name(f"{stem_of(path).removesuffix('.inverse')}.json")
    if whole.exists():
        raise refuse(path, f"is one part of the transform {whole.name}", f"Name {whole.name}.")
    return itk_transforms.read_field(path)
