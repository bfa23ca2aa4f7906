"""What the pages of a file are to each other: channels, slices, or moments, as ImageJ and OME note it.

Source: ImageJ's TiffEncoder (keys in ImageDescription), OME-TIFF (Pixels of OME-XML, read by two patterns: no XML
of a stranger is parsed).
"""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.values import refuse

IMAGEJ = re.compile(r"^(images|channels|slices|frames)=(\d{1,9})\s*$", re.MULTILINE)
OME_PIXELS = re.compile(r"<(?:\w{1,20}:)?Pixels\b([^<>]{0,4000})>")
OME_NOTES = re.compile(r'\b(SizeC|SizeZ|SizeT|DimensionOrder)\s*=\s*"(\w{1,9})"')

Notes = tuple[str, dict[str, int]]  # C, Z and T, the fastest first, and how many there are of each


def page_order(path: Path, description: str, count: int, samples: int) -> NDArray[np.intp]:
    """Page numbers, (channels, slices): one channel and `count` slices where the file notes nothing else.

    Moments are taken as slices where there are no slices. Refuses what is both, and notes that do not fit the pages.
    """
    order, sizes = _notes(description, count, samples)
    if math.prod(sizes.values()) != count:
        noted = ", ".join(f"{n} {word}" for word, n in zip(("channels", "slices", "moments"), _czt(sizes), strict=True))
        what = f"has {count} pages, but notes {noted}"
        raise refuse(path, what, "Save it again, for instance by Fiji as OME-TIFF in one file.")
    if sizes["Z"] > 1 and sizes["T"] > 1:
        what = f"holds {sizes['T']} moments of {sizes['Z']} slices each"
        raise refuse(path, what, "Save each moment as a file of its own.")
    pages = np.arange(count).reshape([sizes[axis] for axis in reversed(order)])
    channels_first = pages.transpose([len(order) - 1 - order.index(axis) for axis in "CZT"])
    return channels_first.reshape(sizes["C"], -1)


def _czt(sizes: dict[str, int]) -> tuple[int, int, int]:
    return sizes["C"], sizes["Z"], sizes["T"]


def _notes(description: str, count: int, samples: int) -> Notes:
    plain = {"C": 1, "Z": count, "T": 1}
    if description.startswith("ImageJ="):
        noted = {word: int(n) for word, n in IMAGEJ.findall(description)}
        if {"channels", "slices", "frames"} & noted.keys():
            return "CZT", {"C": noted.get("channels", 1), "Z": noted.get("slices", 1), "T": noted.get("frames", 1)}
        return "CZT", {**plain, "Z": noted.get("images", count)}
    pixels = OME_PIXELS.search(description)
    if pixels is None:
        return "CZT", plain
    stated: dict[str, str] = dict(OME_NOTES.findall(pixels[1]))
    order = stated.get("DimensionOrder", "XYCZT")[2:]
    sizes = {axis: int(stated[f"Size{axis}"]) for axis in "CZT" if stated.get(f"Size{axis}", "").isdecimal()}
    if sorted(order) != ["C", "T", "Z"] or len(sizes) < 3:
        return "CZT", plain
    if samples > 1 and sizes["C"] == samples:  # the colours lie in the pages
        sizes["C"] = 1
    return order, sizes
