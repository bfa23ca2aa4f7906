"""Cases made by hand, known by their content, and what a check says of them."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy import ndimage

from hounsfield.audit.check import Check
from hounsfield.audit.running import Audit
from hounsfield.layouts import lazies
from hounsfield.values import Case, Dataset, Diagnosis, Fault, Grid, Image, Lazy, Series, Truth


def texture(seed: int, shape: tuple[int, ...] = (96, 80)) -> NDArray[np.uint8]:
    """A picture that is like the others of its kind as a whole and unlike them in its details."""
    rng = np.random.default_rng(seed)
    centre, radius = rng.uniform(-0.15, 0.15, 2), rng.uniform(0.6, 0.9)
    axes = [np.linspace(-1, 1, n) - c for n, c in zip(shape[:2], centre, strict=True)]
    body = np.hypot(*np.meshgrid(*axes, indexing="ij")) < radius
    body = body.reshape(*shape[:2], *[1] * (len(shape) - 2))
    tissue = sum(ndimage.gaussian_filter(rng.normal(size=shape), s) * s ** (len(shape) / 2) for s in (1.5, 4.0))
    return np.clip(110 * body + 22 * tissue + 2 * rng.normal(size=shape), 0, 255).astype(np.uint8)


def image_of(array: NDArray[Any], where: str) -> Lazy[Image]:
    """A picture (row, column), or a volume, known by its numbers."""
    grid = Grid.picture(array.shape) if array.ndim == 2 else Grid.regular(array.shape)
    return lazies.computed(Image, where, lambda: Image.of(array, grid), array.tobytes)


def series_of(times: Sequence[float], values: Mapping[str, Sequence[float]], where: str = "s") -> Lazy[Series]:
    columns = np.array(list(values.values()), np.float32).T
    series = Series(np.array(times, float), columns.reshape(len(times), len(values)), tuple(values), "h")
    return lazies.ready(series, where, repr((times, values)).encode())


def said(name: str, classes: tuple[str, ...] = ("no", "yes"), where: str = "labels") -> dict[str, Truth]:
    return {"diagnosis": Truth(lazies.ready(Diagnosis.certain(name, classes), where, name.encode()))}


def dataset(cases: Iterable[Case], **more: Any) -> Dataset:
    return Dataset("set", tuple(cases), **more)


def run(data: Dataset, checks: Sequence[Check]) -> tuple[Fault, ...]:
    audit = Audit(checks)
    for case in data:
        audit.look(case)
    return audit.faults(data)


def found(check: Check, cases: Iterable[Case] | Dataset) -> tuple[Fault, ...]:
    return run(cases if isinstance(cases, Dataset) else dataset(cases), [check])


def ids(faults: Iterable[Fault]) -> set[str]:
    return {case_id for fault in faults for case_id in fault.cases}


def as_jpeg(array: NDArray[np.uint8], quality: int) -> NDArray[np.uint8]:
    """What is left of a picture in a JPEG of this quality."""
    file = io.BytesIO()
    Pillow.fromarray(array).save(file, "JPEG", quality=quality)
    return np.asarray(Pillow.open(file))


# Real folders whose layouts come with other work, read by hand.


def breast_ultrasound(root: Path) -> list[Case]:
    """CLASS/CLASS (N).png of the zip, without the masks."""
    path = root / "breast_ultrasound" / "Dataset_BUSI_with_GT.zip"
    cases = []
    with zipfile.ZipFile(path) as archive:
        for name in sorted(archive.namelist()):
            if name.endswith(".png") and "_mask" not in name:
                kind, stem = name.split("/")[1], Path(name).stem
                array = np.asarray(Pillow.open(io.BytesIO(archive.read(name))).convert("L"))
                truths = said(kind, ("benign", "malignant", "normal"), f"{path}::{name}")
                cases.append(Case(stem, {"image": image_of(array, f"{path}::{name}")}, truths))
    return cases


def skin_lesions(root: Path) -> list[Case]:
    """Images with the table of classes of their part."""
    cases = []
    for part, split in (("Training", "training"), ("Validation", "validation")):
        folder = root / "skin_lesions"
        table = folder / f"ISIC-2017_{part}_Classes.csv"
        with open(table, newline="", encoding="utf-8-sig") as file:
            for row in csv.DictReader(file):
                path = folder / f"ISIC-2017_{part}_Data" / f"{row['image_id']}.jpg"
                truths = said("yes" if float(row["melanoma"]) else "no", where=str(table))
                cases.append(Case(row["image_id"], {"image": lazies.image(path)}, truths, split=split))
    return cases
