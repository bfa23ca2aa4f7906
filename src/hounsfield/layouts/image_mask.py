"""A folder of images and a folder of masks beside it, matched by name: images/CASE.png, masks/CASE.png."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hounsfield.formats.files import stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import by_stem, images_in, roots, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.values import Case, Dataset, Problem, Refused, Truth, refuse

IMAGES = ("images", "image", "imgs")
MASKS = ("masks", "mask", "labels", "label", "segmentations")
ENDINGS = ("", "_mask", "_label", "_labels", "_seg", "_segmentation")

SAMPLE = 16
"""So many masks are read when a folder is opened, to tell masks of 0 and 255 from numbered labels."""


@dataclass(frozen=True)
class ImageMask:
    """The layout."""

    name: str = "image_mask"

    def detect(self, folder: Path) -> Claim | None:
        """Sure as the share of images that have a mask of their name."""
        found = _folders(folder)
        if found is None:
            return None
        images, masks = images_in(found[0]), by_stem(images_in(found[1]))
        matched = sum(_mask_of(path, masks) is not None for path in images)
        if not matched:
            return None
        why = f"{matched} of {len(images)} images in {found[0].name} have a mask of their name in {found[1].name}"
        return Claim(0.5 + 0.4 * matched / len(images), why)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a label map; images without a mask are listed as problems and kept without truth."""
        found = _folders(folder)
        if found is None:
            raise refuse(folder, "has no images and masks side by side", "Name the folder that holds both.")
        images, masks = images_in(found[0]), by_stem(images_in(found[1]))
        pairs = {path: _mask_of(path, masks) for path in images}
        names, convert = _meaning([mask for mask in pairs.values() if mask is not None])
        cases, problems, used = [], [], []
        for path, mask in pairs.items():
            used.append(path)
            truths = {}
            if mask is None:
                what = f"has no mask in {found[1].name}"
                problems.append(Problem(str(path), what, "Add it, or remove the image.", stem_of(path)))
            else:
                used.append(mask)
                truths["labels"] = Truth(lazies.labels_on(mask, path, names, convert=convert))
            cases.append(Case(stem_of(path), {"image": lazies.image(path)}, truths))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation",
            task_why="each image has a mask",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
        )


LAYOUT = ImageMask()


def _folders(folder: Path) -> tuple[Path, Path] | None:
    for root in roots(folder):
        for images in IMAGES:
            for masks in MASKS:
                if images_in(root / images) and images_in(root / masks):
                    return root / images, root / masks
    return None


def _mask_of(image: Path, masks: dict[str, Path]) -> Path | None:
    return next((masks[stem_of(image) + end] for end in ENDINGS if stem_of(image) + end in masks), None)


def _meaning(masks: list[Path]) -> tuple[dict[int, str], Callable[[Path, lazies.Labels], lazies.Labels] | None]:
    """Names of the values, and what turns stored values into them: 255 is 1 where a sample holds nothing but both."""
    values: set[int] = set()
    for path in masks[:: max(1, len(masks) // SAMPLE)]:
        try:
            values |= {int(v) for v in np.unique(lazies.format_of(path).read_labels(path)[0])}
        except Refused:
            continue  # its own case says so when it is read
    if values <= {0, 1}:
        return {1: "foreground"}, None
    if values <= {0, 255}:
        return {1: "foreground"}, _from_255
    return {value: f"label_{value}" for value in sorted(values - {0})}, None


def _from_255(path: Path, array: lazies.Labels) -> lazies.Labels:
    others = sorted({int(v) for v in np.unique(array)} - {0, 1, 255})
    if others:
        what = f"holds the values {', '.join(map(str, others[:5]))}, while the masks beside it hold 0 and 255"
        raise refuse(path, what, "Save masks without smoothing or JPEG, with the same values in all.")
    return (array > 0).astype(np.uint8)
