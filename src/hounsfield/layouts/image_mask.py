"""A folder of images and a folder of masks beside it, matched by name: images/CASE.png, masks/CASE.png.

Both may be cut into train, val and test: images/train with masks/train, train/images with train/masks, or train_images
with train_masks. Where no names are equal, what tells them apart is: 21_training.tif and 21_manual1.gif (DRIVE).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from hounsfield.formats.files import stem_of
from hounsfield.layouts import lazies
from hounsfield.layouts.folders import (
    PARTS,
    bare_name,
    by_stem,
    common_folder,
    folders_in,
    ids_of,
    images_in,
    part_named,
    roots,
    unclaimed,
)
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import FOLDERS, alike
from hounsfield.layouts.mask_values import meaning_of
from hounsfield.values import Case, Dataset, Problem, Truth, refuse

IMAGES = ("images", "image", "imgs", "img", "original")
ENDINGS = ("", "_mask", "_label", "_labels", "_seg", "_segmentation")


@dataclass(frozen=True)
class Pair:
    """A folder of images, the folder of their masks, and the part of the split that both are.

    masks: None where the part has none of the kind that other parts have, as those kept for a test may.
    """

    images: Path
    masks: Path | None
    part: str | None = None

    def matched(self) -> dict[Path, Path | None]:
        """Each image with the mask of its name."""
        images = images_in(self.images)
        masks = by_stem(images_in(self.masks)) if self.masks is not None else {}
        found = {path: _mask_of(path, masks) for path in images}
        if any(found.values()):
            return found
        by_key = alike(images, masks.values())
        return {path: by_key.get(path) for path in images}


@dataclass(frozen=True)
class ImageMask:
    """The layout."""

    name: str = "image_mask"

    def detect(self, folder: Path) -> Claim | None:
        """Sure as the share of images that have a mask of their name."""
        pairs = _pairs(folder)
        masks = [mask for pair in pairs if pair.masks is not None for mask in pair.matched().values()]
        matched = sum(mask is not None for mask in masks)
        if not matched:
            return None
        places = [pair.masks for pair in pairs if pair.masks is not None]
        where = places[0].relative_to(folder).as_posix() + (" and so on" if len(places) > 1 else "")
        why = f"{matched} of {len(masks)} images have a mask of their name in {where}"
        root = common_folder([*places, *(pair.images for pair in pairs)])
        return Claim(0.5 + 0.4 * matched / len(masks), why, "segmentation", root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a label map; images without a mask are listed as problems and kept without truth."""
        pairs = _pairs(folder)
        if not pairs:
            raise refuse(folder, "has no images and masks side by side", "Name the folder that holds both.")
        found = [(pair, image, mask) for pair in pairs for image, mask in pair.matched().items()]
        names, convert = meaning_of([mask for _, _, mask in found if mask is not None])
        ids = ids_of([image for _, image, _ in found], folder)
        cases, problems, used = [], [], []
        for pair, image, mask in found:
            used.append(image)
            truths = {}
            if mask is None and pair.masks is not None:
                what = f"has no mask in {pair.masks.relative_to(folder).as_posix()}"
                problems.append(Problem(str(image), what, "Add it, or remove the image.", ids[image]))
            elif mask is not None:
                used.append(mask)
                truths["labels"] = Truth(lazies.labels_on(mask, image, names, convert=convert))
            cases.append(Case(ids[image], {"image": lazies.image(image)}, truths, split=pair.part))
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation",
            task_why="each image has a mask",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
        )


LAYOUT = ImageMask()


def _pairs(folder: Path) -> list[Pair]:
    """The folders of images with those of their masks, in the first place that has any."""
    for root in roots(folder):
        inner = {path: PARTS[path.name.lower()] for path in folders_in(root) if path.name.lower() in PARTS}
        found = _beside(root, None) or [pair for path, part in inner.items() for pair in _beside(path, part)]
        found = found or _cut(root)
        if found:
            return _of_one_kind(found)
    return []


def _of_one_kind(pairs: list[Pair]) -> list[Pair]:
    """The pairs with masks of the first kind that any has: beside what was drawn by hand, others are no answers."""
    kinds = {pair: FOLDERS.index(_kind(pair.masks)) for pair in pairs if pair.masks is not None}
    first = min(kinds.values())
    return [pair if kinds[pair] == first else replace(pair, masks=None) for pair in pairs]


def _kind(masks: Path) -> str:
    names = (bare_name(masks.name), bare_name(masks.parent.name))  # masks, or masks/train
    return next(name for name in names if name in FOLDERS)


def _beside(at: Path, part: str | None) -> list[Pair]:
    """images beside masks, or train_images beside train_masks for each part."""
    places: dict[str | None, dict[str, Path]] = {}
    for inner in folders_in(at):
        if images_in(inner):
            places.setdefault(part or part_named(inner.name), {})[bare_name(inner.name)] = inner
    pairs = []
    for said, named in places.items():
        images = next((named[name] for name in IMAGES if name in named), None)
        masks = next((named[name] for name in FOLDERS if name in named), None)
        pairs += [Pair(images, masks, said)] if images and masks else []
    return pairs


def _cut(root: Path) -> list[Pair]:
    """images/train with masks/train, and so on."""
    return [
        Pair(inner, root / masks / inner.name, PARTS[inner.name.lower()])
        for images in IMAGES
        for inner in folders_in(root / images)
        for masks in FOLDERS
        if inner.name.lower() in PARTS and images_in(inner) and images_in(root / masks / inner.name)
    ]


def _mask_of(image: Path, masks: dict[str, Path]) -> Path | None:
    return next((masks[stem_of(image) + end] for end in ENDINGS if stem_of(image) + end in masks), None)
