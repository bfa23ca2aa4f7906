"""Files of points: which they are by their names, and their points, read when they are asked for."""

from __future__ import annotations

import re
from pathlib import Path

from hounsfield.formats.files import sha256_of
from hounsfield.layouts.lazies import format_of
from hounsfield.registry.tables import POINTS
from hounsfield.values import Lazy, Points, refuse

WORDS = ("afids", "fiducials", "keypoints", "landmarks", "markups", "points")
"""What the name of a file of points may have behind the name of its image: CASE_landmarks.csv."""

WORD = re.compile(rf"(.+)[_-](?:{'|'.join(WORDS)})", re.IGNORECASE)
LABEL_MAP = re.compile(r"(.+?)_label(?:s|ed)?[_-](?:bod|cent|dis[ck]|landmark|point)", re.IGNORECASE)
"""A label map whose voxels are landmarks, in the Spinal Cord Toolbox's way: IMAGE_labels-disc-manual.nii.gz."""


def ending_of(path: Path) -> str:
    """How a file's name ends, of the endings that stand for points; "" where it is none of them."""
    fitting = [ending for ending in POINTS.names() if path.name.lower().endswith(ending)]
    return max(fitting, key=len, default="")


def stem_of_image(path: Path) -> str:
    """The name that the image of a file of points would have, without suffix: `case_1` of `case_1_landmarks.fcsv`."""
    bare = path.name[: len(path.name) - len(ending_of(path))]
    match = LABEL_MAP.match(bare) if is_label_map(path) else WORD.fullmatch(bare)
    return match[1] if match else bare


def is_label_map(path: Path) -> bool:
    """Whether the name says that the voxels of a label map are landmarks."""
    return ending_of(path).startswith(".nii") and LABEL_MAP.match(path.name) is not None


def has_word(path: Path) -> bool:
    """Whether the name says that the file holds points."""
    return WORD.fullmatch(path.name[: len(path.name) - len(ending_of(path))]) is not None


def points(path: Path, lies_on: Path | None) -> Lazy[Points]:
    """The points of a file. lies_on: the image whose indices they may be."""

    def load() -> Points:
        ending = ending_of(path)
        if not ending:
            raise refuse(path, "is no file of points by its name", f"Known are {', '.join(POINTS.names())}.")
        grid = None if lies_on is None else format_of(lies_on).read_grid(lies_on)
        found: Points = POINTS.load(ending)(path, grid)
        return found

    return Lazy(Points, str(path), load, lambda: sha256_of(path), files=(path,))
