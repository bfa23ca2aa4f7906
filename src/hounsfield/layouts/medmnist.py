"""MedMNIST: one .npz with {train,val,test}_images and {train,val,test}_labels.

Source: J. Yang et al., "MedMNIST v2", Scientific Data 10, 2023; class names as in its info.py.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.arrays import list_members, read_member
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import files_in, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.values import Case, Dataset, Diagnosis, Grid, Image, Lazy, Refused, Truth, refuse

PARTS = {"train": "training", "val": "validation", "test": "test"}
NAMES = {
    "pneumoniamnist": ("normal", "pneumonia"),
    "breastmnist": ("malignant", "normal, benign"),
    "octmnist": ("choroidal neovascularization", "diabetic macular edema", "drusen", "normal"),
    "dermamnist": (
        "actinic keratoses and intraepithelial carcinoma",
        "basal cell carcinoma",
        "benign keratosis-like lesions",
        "dermatofibroma",
        "melanoma",
        "melanocytic nevi",
        "vascular lesions",
    ),
}


@dataclass(frozen=True)
class MedMnist:
    """The layout."""

    name: str = "medmnist"

    def detect(self, folder: Path) -> Claim | None:
        """Sure where a .npz has images and labels by these names."""
        path = _file(folder)
        if path is None:
            return None
        return Claim(0.95, f"{path.name} holds train_images and train_labels, as in MedMNIST", "diagnosis")

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a diagnosis, with the split of the file."""
        path = _file(folder)
        if path is None:
            raise refuse(folder, "has no .npz with train_images and train_labels", "Name the .npz file.")
        members = list_members(path)
        parts = [part for part in PARTS if f"{part}_images" in members and f"{part}_labels" in members]
        labels = {part: read_member(path, f"{part}_labels") for part in parts}
        for part in parts:
            shape = members[f"{part}_images"].shape
            if labels[part].dtype.kind not in "iub" or len(labels[part]) != shape[0] or len(shape) not in (3, 4, 5):
                what = f"has {part}_images of shape {shape} and {part}_labels of shape {labels[part].shape}"
                raise refuse(path, what, "Images need (N, rows, columns[, 3]), labels (N, 1).")
        name = path.stem.split("_")[0]
        cases = []
        for part in parts:
            for index, truth in enumerate(_diagnoses(labels, part, NAMES.get(name, ()))):
                where = f"{path}::{part}_labels[{index}]"
                answer = lazies.ready(truth, where, labels[part][index].tobytes())
                truths = {"diagnosis": Truth(answer)}
                inputs = {"image": _image(path, f"{part}_images", index)}
                cases.append(Case(f"{part}_{index:05d}", inputs, truths, split=PARTS[part]))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="diagnosis",
            task_why="each image has a class",
            unclaimed=unclaimed(folder, [path]) if folder.is_dir() else (),
        )


LAYOUT = MedMnist()


def _file(folder: Path) -> Path | None:
    for path in files_in(folder) if folder.is_dir() else [folder]:
        if path.suffix.lower() != ".npz":
            continue
        try:
            if {"train_images", "train_labels"} <= set(list_members(path)):
                return path
        except Refused:
            continue
    return None


def _diagnoses(labels: dict[str, NDArray[np.integer]], part: str, names: tuple[str, ...]) -> list[Diagnosis]:
    """A diagnosis for each row: one of the classes, or several columns of yes and no (ChestMNIST)."""
    rows = labels[part].reshape(len(labels[part]), -1)
    if rows.shape[1] > 1:
        classes = names if len(names) == rows.shape[1] else tuple(map(str, range(rows.shape[1])))
        return [Diagnosis(dict(zip(classes, map(float, row), strict=True)), "multi") for row in rows]
    highest = max(int(values.max(initial=0)) for values in labels.values())
    classes = names if highest < len(names) else tuple(map(str, range(highest + 1)))
    return [Diagnosis.certain(classes[int(row[0])], classes) for row in rows]


def _image(path: Path, member: str, index: int) -> Lazy[Image]:
    def stored() -> NDArray[np.generic]:
        return _member(path, path.stat().st_mtime_ns, member)[index]  # type: ignore[no-any-return]

    def load() -> Image:
        array = stored()
        if array.ndim == 3 and array.shape[-1] == 3:
            return Image.of(np.moveaxis(array, -1, 0), Grid.picture(array.shape[:2]))
        if array.ndim == 2:
            return Image.of(array, Grid.picture(array.shape))
        return Image.of(array, Grid(array.shape, np.eye(4), "px", "image"))  # 3-D, of unknown spacing

    where = f"{path}::{member}[{index}]"
    image = lazies.computed(Image, where, load, lambda: np.ascontiguousarray(stored()).tobytes())
    return replace(image, files=(path,))


@lru_cache(maxsize=3)
def _member(path: Path, modified: int, member: str) -> NDArray[np.generic]:
    """One array of the file, unpacked once for all its cases."""
    return read_member(path, member)
