"""How masks are called: by a word behind the name of the image they lie beside, or by a word of their own."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from pathlib import Path

from hounsfield.formats.files import stem_of

FOLDERS = (
    "1st_manual", "manual1", "manual", "ground_truth", "groundtruth", "gt",
    "masks", "mask", "labels", "label", "segmentations", "segmentation", "annotations",
)  # fmt: skip
"""How folders of masks are called; those drawn by hand first, beside which `mask` is the field of view (DRIVE)."""

WORDS = frozenset({
    *FOLDERS, "annotation", "annotations", "contour", "contours", "dseg", "groundtruth", "gt", "lesion", "lesions",
    "msk", "roi", "seg", "segm", "segmentation", "truth",
    "kontur", "konturen", "läsion", "maske", "masken", "segmentierung", "masque", "masques", "máscara", "mascara",
    "segmentación", "maschera",
})  # fmt: skip
ENDINGS = ("mask", "seg")
"""How words of one's own for masks end: brainmask, gmseg."""

NO_LABELS = ("probseg",)  # probabilities, in BIDS

BEHIND = "annotation|groundtruth|gt|labels?|masks?|msk|roi|segm?|segmentation"
SUFFIX = re.compile(rf"(.+?)[ _.-](?:{BEHIND})(?:[ _.-]?\d+)?", re.IGNORECASE)
BEHIND_WORD = re.compile(rf"(?:{BEHIND}|[a-z]+(?:mask|seg))(?![a-z])", re.IGNORECASE)
PREFIX = re.compile(rf"(?:{BEHIND})[ _.-]?\d.*", re.IGNORECASE)

OF_BOTH = WORDS | {
    "case", "image", "images", "img", "imgs", "im", "manual", "scan", "test", "testing", "train", "training", "val",
    "validation", "vol", "volume",
}  # fmt: skip
"""Words in the names of images and of their masks that do not tell one case from another."""


def is_mask(name: str) -> bool:
    """Whether one of the words of a name says that the file is a mask: lesion_mask, gt, seg-manual."""
    words = [word.rstrip("0123456789") for word in _words(name)]  # seg35
    is_one = any(word in WORDS or word.endswith(ENDINGS) for word in words)
    return is_one and not is_probability(name)


def is_probability(name: str) -> bool:
    """Whether one of the words of a name says that the file holds probabilities: label-GM_probseg."""
    return any(word in NO_LABELS for word in _words(name))


def with_masks(images: Iterable[Path]) -> dict[Path, tuple[Path, ...]]:
    """Each image with its masks: those beside it that are called like it, with a word for masks and a number behind.

    `a (1)_mask.png` and `a (1)_mask_2.png` are masks of `a (1).png`, `segmentation-7.nii` is that of `volume-7.nii`; a
    mask is never an image, and a file called like a mask is an image where there is none that it could be of.
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
    for mask, image in _named_before(paths):
        masks.setdefault(image, []).append(mask)
    taken = {mask for group in masks.values() for mask in group}
    return {path: tuple(masks.get(path, ())) for path in paths if path not in taken}


def what_tells(stem: str) -> tuple[str, ...]:
    """What is left of a name without words for images, masks and parts: 21 of 21_training, 21_manual1 and label21."""
    words = re.findall(r"[^\W\d_]+|\d+", re.sub(r"manual\d*", "", stem.lower()))
    return tuple(word for word in words if word not in OF_BOTH)


def alike(images: Iterable[Path], masks: Iterable[Path]) -> dict[Path, Path]:
    """Image -> mask, where what tells their names from the others' is the same in both, once on each side."""
    found: list[dict[tuple[str, ...], list[Path]]] = []
    for paths in (images, masks):
        by_key: dict[tuple[str, ...], list[Path]] = {}
        for path in paths:
            by_key.setdefault(what_tells(stem_of(path)), []).append(path)
        found.append(by_key)
    return {
        paths[0]: found[1][key][0]
        for key, paths in found[0].items()
        if key and len(paths) == len(found[1].get(key, ())) == 1
    }


def _named_before(paths: Iterable[Path]) -> list[tuple[Path, Path]]:
    """Masks whose names begin with a word for them and a number, with the image of that number beside each."""
    by_folder: dict[Path, tuple[list[Path], list[Path]]] = {}
    for path in paths:
        is_one = bool(PREFIX.fullmatch(stem_of(path)))
        by_folder.setdefault(path.parent, ([], []))[is_one].append(path)
    both = [(images, masks) for images, masks in by_folder.values() if masks]
    return [(mask, image) for images, masks in both for image, mask in alike(images, masks).items()]


def without_masks(images: Iterable[Path]) -> list[Path]:
    """The images, without those that are masks of others, whatever stands before and behind the word that says so.

    t2s_gmseg_manual and t2s_seg_int64 are masks of t2s, though not what one looks for beside it.
    """
    paths = list(with_masks(images))
    names = {(path.parent, stem_of(path)) for path in paths}
    return [path for path in paths if not _is_of_another(path, names)]


def _is_of_another(path: Path, names: Container[tuple[Path, str]]) -> bool:
    """Whether a name begins with that of an image beside it and goes on with a word for masks."""
    stem = stem_of(path)
    begins = (at.start() for at in re.finditer(r"[ _.-]", stem))
    return any((path.parent, stem[:at]) in names and BEHIND_WORD.match(stem[at + 1 :]) for at in begins)


def _words(name: str) -> list[str]:
    return re.split(r"[ _.-]+", name.lower())
