"""How masks are called: by a word behind the name of the image they lie beside, or by a word of their own."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from hounsfield.formats.files import stem_of

FOLDERS = ("masks", "mask", "labels", "label", "segmentations")
"""How folders of masks are called."""

WORDS = frozenset({
    *FOLDERS, "annotation", "annotations", "contour", "contours", "dseg", "groundtruth", "gt", "lesion", "lesions",
    "msk", "roi", "seg", "segm", "segmentation", "truth",
})  # fmt: skip
ENDINGS = ("mask", "seg")
"""How words of one's own for masks end: brainmask, gmseg."""

NO_LABELS = ("probseg",)  # probabilities, in BIDS

BEHIND = "annotation|groundtruth|gt|labels?|masks?|msk|roi|segm?|segmentation"
SUFFIX = re.compile(rf"(.+?)[ _.-](?:{BEHIND})(?:[ _.-]?\d+)?", re.IGNORECASE)


def is_mask(name: str) -> bool:
    """Whether one of the words of a name says that the file is a mask: lesion_mask, gt, seg-manual."""
    is_one = any(word in WORDS or word.endswith(ENDINGS) for word in _words(name))
    return is_one and not is_probability(name)


def is_probability(name: str) -> bool:
    """Whether one of the words of a name says that the file holds probabilities: label-GM_probseg."""
    return any(word in NO_LABELS for word in _words(name))


def with_masks(images: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """Each image with its masks: those beside it that are called like it, with a word for masks and a number behind.

    `a (1)_mask.png` and `a (1)_mask_2.png` are masks of `a (1).png`; a mask is never an image, and a file called like
    a mask is an image where there is none that it could be of.
    """
    paths = list(images)
    owners: dict[tuple[Path, str], Path] = {}
    for path in paths:
        owners.setdefault((path.parent, stem_of(path)), path)
    masks: dict[Path, list[Path]] = {}
    for path in paths:
        match = SUFFIX.fullmatch(stem_of(path))
        owner = owners.get((path.parent, match[1])) if match else None
        if owner is not None:
            masks.setdefault(owner, []).append(path)
    taken = {mask for group in masks.values() for mask in group}
    return {path: tuple(masks.get(path, ())) for path in paths if path not in taken}


def without_masks(images: Iterable[Path]) -> list[Path]:
    """The images, without those that are masks of others."""
    return list(with_masks(images))


def _words(name: str) -> list[str]:
    return re.split(r"[ _.-]+", name.lower())
