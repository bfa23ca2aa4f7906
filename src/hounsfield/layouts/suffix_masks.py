"""Masks beside their images, called like them with a word behind: CASE.png, CASE_mask.png, CASE_mask_1.png.

Known words are those of `mask_names`: _mask, _seg, _segmentation, _label, _gt ... Several masks of one image are its
objects: united for a label map, and told apart in it. Images may lie in folders, whose names may say the part of the
split; a folder without a single mask is left out, unless it is such a part.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hounsfield.layouts import lazies
from hounsfield.layouts.folders import all_files, common_folder, ids_of, is_image, part_of, unclaimed
from hounsfield.layouts.layout import Claim, ReadOptions
from hounsfield.layouts.mask_names import with_masks
from hounsfield.layouts.mask_values import FOREGROUND, meaning_of
from hounsfield.layouts.objects import OBJECT, objects
from hounsfield.values import Case, Dataset, LabelMap, Lazy, Problem, Truth, refuse
from hounsfield.values.wording import count


@dataclass(frozen=True)
class SuffixMasks:
    """The layout."""

    name: str = "suffix_masks"

    def detect(self, folder: Path) -> Claim | None:
        """Rather sure where images have masks beside them, the more the surer."""
        root, pairs = _find(folder)
        if not pairs:
            return None
        some = [masks for masks in pairs.values() if masks]
        why = f"{len(some)} of {count(len(pairs), 'image')} with a mask beside it, such as {some[0][0].name}"
        return Claim(0.5 + 0.2 * len(some) / len(pairs), why, "segmentation", root)

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """Cases with a label map; images without a mask are listed as problems and kept without truth."""
        _, pairs = _find(folder)
        if not pairs:
            raise refuse(folder, "has no image with a mask beside it", "Name masks CASE_mask.png beside CASE.png.")
        are_objects = any(len(masks) > 1 for masks in pairs.values())
        annotated = {image.parent for image, masks in pairs.items() if masks}
        names, convert = meaning_of([masks[0] for masks in pairs.values() if masks])
        ids = ids_of(pairs, folder)
        cases, problems = [], []
        for image, masks in pairs.items():
            truths: dict[str, Truth] = {}
            if not masks and image.parent in annotated:
                what = f"has no mask beside it, such as {ids[image]}_mask"
                problems.append(Problem(str(image), what, "Add it, or remove the image.", ids[image]))
            elif masks and are_objects:
                truths["labels"] = Truth(_united(masks, image))
            elif masks:
                truths["labels"] = Truth(lazies.labels_on(masks[0], image, names, convert=convert))
            cases.append(Case(ids[image], {"image": lazies.image(image)}, truths, split=part_of(image, folder)))
        used = [path for image, masks in pairs.items() for path in (image, *masks)]
        return Dataset(
            where=str(folder),
            cases=tuple(cases),
            task="segmentation",
            task_why="images have a mask for each object" if are_objects else "images have a mask",
            problems=tuple(problems),
            unclaimed=unclaimed(folder, used),
        )


LAYOUT = SuffixMasks()


def _find(folder: Path) -> tuple[Path, dict[Path, tuple[Path, ...]]]:
    """Where the images with masks lie, and all images of their folders, and of parts of the split, with their masks."""
    pairs = with_masks(path for path in all_files(folder) if is_image(path))
    some = [image for image, masks in pairs.items() if masks]
    if not some:
        return folder, {}
    annotated = {image.parent for image in some}
    kept = {i: masks for i, masks in pairs.items() if i.parent in annotated or part_of(i, folder) is not None}
    return common_folder(kept), kept


def _united(masks: tuple[Path, ...], image: Path) -> Lazy[LabelMap]:
    more = f" and {len(masks) - 1} more" if len(masks) > 1 else ""
    return objects(masks, image, where=f"{masks[0]}{more}", name=FOREGROUND[OBJECT])
