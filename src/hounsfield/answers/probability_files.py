"""Probability maps on disk: a channel for each class, on the grid of the answer that they lie beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.answers.image_files import is_picture
from hounsfield.answers.writing import aside, write_json
from hounsfield.formats import arrays, nifti, picture
from hounsfield.values import Dense, refuse

STORED = ("uint8", "float16")
FULL = 255  # stands for a probability of 1, in 8 bits
ROUNDING = 0.01  # so far outside of 0 to 1 a number may lie and be a probability still


def write_probabilities(evidence: Dense, stem: Path, stored: str) -> Sequence[Path]:
    """STEM.probabilities.nii.gz (.tif for pictures) as uint8, or .npz as float16; .json: the channels and what 1 is.

    8 bits are at most 1/510 off, so that the two likeliest classes may become equal. Raises Refused for numbers that
    are no probabilities.
    """
    is_tiff = stored == "uint8" and is_picture(evidence.grid)
    suffix = ".npz" if stored == "float16" else ".tif" if is_tiff else ".nii.gz"
    file, names = (stem.with_name(f"{stem.name}.probabilities{ending}") for ending in (suffix, ".json"))
    channels = _rounded(evidence, stored, stem.name)
    write_json(names, {**_meaning(evidence), "one": FULL if is_tiff else 1})
    with aside(file) as other:
        if stored == "float16":
            words = {"affine": evidence.grid.affine, "channels": np.array(evidence.channels)}
            arrays.write_members(other, {"probabilities": channels, **words})
        elif is_tiff:
            picture.write_channels(other, channels)
        else:
            nifti.write_scaled(other, channels, evidence.grid, slope=1 / FULL)
    return [file, names]


def _meaning(evidence: Dense) -> dict[str, Any]:
    """The channels' names, and the value in the label map that each stands for; none for a border."""
    values = {name: value for value, name in evidence.labels.items()} | {evidence.channels[0]: 0}
    return {"channels": evidence.channels, "values": [values.get(name) for name in evidence.channels]}


def _rounded(evidence: Dense, stored: str, who: str) -> NDArray[Any]:
    """All channels (K, *grid.shape) in the type they are stored in."""
    whole = np.empty((len(evidence.channels), *evidence.grid.shape), stored)
    for start, stop, slab in _checked(evidence, who):
        whole[:, start:stop] = np.rint(slab * np.float32(FULL)) if stored == "uint8" else slab
    return whole


def _checked(evidence: Dense, who: str) -> Iterator[tuple[int, int, NDArray[np.float32]]]:
    """The slabs, rounding noise outside of 0 to 1 taken away. Raises Refused for what is none, NaN among it."""
    for start, stop, slab in evidence.slabs():
        if not np.all((slab >= -ROUNDING) & (slab <= 1 + ROUNDING)):
            what = "gets numbers from the model that are no probabilities from 0 to 1"
            raise refuse(who, what, "Look at the image, or leave out --probabilities.")
        yield start, stop, np.clip(slab, 0, 1)
