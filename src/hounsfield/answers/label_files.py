"""Label maps on disk: classes, objects where they are told apart, and the names of both."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hounsfield.answers.image_files import is_picture, write_labels
from hounsfield.answers.writing import write_json
from hounsfield.formats import nifti, picture
from hounsfield.formats.files import reading, stem_of, suffix_of
from hounsfield.values import LabelMap, refuse


def write_label_map(labels: LabelMap, stem: Path) -> Sequence[Path]:
    """STEM.png for pictures, else STEM.nii.gz; STEM.objects.* where objects are told apart; STEM.labels.json: names."""
    suffix = ".png" if is_picture(labels.grid) else ".nii.gz"
    files = [stem.with_name(stem.name + suffix)]
    write_labels(files[0], labels.array, labels.grid)
    if labels.instances is not None:
        files.append(stem.with_name(f"{stem.name}.objects{suffix}"))
        write_labels(files[1], labels.instances, labels.grid)
    names = stem.with_name(f"{stem.name}.labels.json")
    regions = {name: sorted(values) for name, values in labels.regions.items()}
    write_json(names, {"labels": dict(labels.labels), "regions": regions, "ignore": labels.ignore})
    return [*files, names]


def read_label_map(path: Path) -> LabelMap:
    """The label map whose classes are in this file; labels are named by their values where no names lie beside it."""
    read = picture.read_labels if suffix_of(path) == ".png" else nifti.read_labels
    array, grid = read(path)
    objects = path.with_name(f"{stem_of(path)}.objects{suffix_of(path)}")
    instances = read(objects)[0].astype(np.int32) if objects.exists() else None
    names = path.with_name(f"{stem_of(path)}.labels.json")
    if not names.exists():
        values = [int(value) for value in np.unique(array) if value]
        return LabelMap(array, grid, {value: str(value) for value in values}, instances)
    try:
        with reading(names):
            said = json.loads(names.read_text(encoding="utf-8"))
        labels = {int(value): str(name) for value, name in said["labels"].items()}
        regions = {name: frozenset(values) for name, values in said["regions"].items()}
    except (ValueError, KeyError, AttributeError, TypeError):
        raise refuse(
            names, "does not name labels", "Predict again, or delete it: values then serve as names."
        ) from None
    return LabelMap(array, grid, labels, instances, regions, said.get("ignore"))
