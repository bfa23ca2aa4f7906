"""Label maps that do not lie on their image's grid, and which of the two is the odd one."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.opened import OpenedCase
from hounsfield.formats.label_values import smallest
from hounsfield.values import Dataset, Fault, Grid, LabelMap, Lazy, Refused

EXACT = 1e-3  # of an element: so near have centres to lie for one to be the other
FEWEST = 3  # cases that have to fit before others are held against them

LABEL_ODD = "the label is the odd one: its grid is unlike those of the other cases"
IMAGE_ODD = "the image is the odd one: its grid is unlike those of the other cases, the label's is like them"
LABEL_BARE = "the label has lost its header: its affine says nothing"
IMAGE_BARE = "the image has lost its header: its affine says nothing"

TURNED = "Bring its axes into the order of the image's: every element is there, and stays where it is."


@dataclass(frozen=True)
class Pair:
    """An image and its label map: the truth's name, their files, grids, and identities."""

    truth: str
    image: str
    label: str
    image_grid: Grid
    label_grid: Grid
    image_digest: str
    label_digest: str

    @property
    def fits(self) -> bool:
        """Whether every element has the same place in both."""
        return self.image_grid.close_to(self.label_grid)


@dataclass(frozen=True)
class Grids:
    """The check."""

    name: str = "grids"

    def measure(self, case: OpenedCase) -> list[Pair]:
        """Each label map with its image, from their headers."""
        pairs = []
        for name, truth in case.case.truths.items():
            grids = case.grids(name) if issubclass(truth.answer.kind, LabelMap) else None
            if grids is not None:
                digests = case.case.inputs[truth.of].digest(), _content(truth.answer)
                pairs.append(Pair(name, case.where(truth.of), case.where(name), *grids, *digests))
        return pairs

    def judge(self, measured: Mapping[str, list[Pair]], dataset: Dataset) -> Iterable[Fault]:
        """Every pair that does not fit, with the side that is unlike the pairs that do."""
        good, originals = fitting(measured), originals_among(measured)
        for case_id, pairs in measured.items():
            for pair in pairs:
                if not pair.fits:
                    yield self._copy(case_id, pair, originals) or self._fault(case_id, pair, good)

    def _copy(self, case_id: str, pair: Pair, originals: Mapping[str, str]) -> Fault | None:
        """The fault of a pair of which one side is a copy of a file that fits elsewhere; None where it is not so."""
        copied = copy_in(pair, originals)
        if copied is None:
            return None
        is_image, original = copied
        where, other = (pair.image, pair.label) if is_image else (pair.label, pair.image)
        what = f"is a copy of {original}, and {_difference(pair, is_image)} {'its label' if is_image else 'its image'}"
        remedy = f"Put the right {'image' if is_image else 'label map'} in its place: this one belongs to another case."
        return Fault(self.name, where, f"{what} {other}", remedy, cases=(case_id,))

    def _fault(self, case_id: str, pair: Pair, good: Sequence[Grid]) -> Fault:
        if are_one_lattice(pair.label_grid, pair.image_grid):
            what = f"has its axes in another order, or the other way round, than its image {pair.image}"
            return Fault(self.name, pair.label, f"{what}, in the same place", TURNED, cases=(case_id,))
        blame = blamed(pair, good)
        is_image = blame in (IMAGE_ODD, IMAGE_BARE)
        where, other = (pair.image, pair.label) if is_image else (pair.label, pair.image)
        what = f"{_difference(pair, is_image)} {'its label' if is_image else 'its image'} {other}"
        if blame:
            what += f"; {blame}"
        return Fault(self.name, where, what, _remedy(pair, blame), cases=(case_id,))


CHECK = Grids()


def fitting(measured: Mapping[str, list[Pair]]) -> list[Grid]:
    """The grids of the pairs that fit, which the others are held against."""
    return [pair.image_grid for pairs in measured.values() for pair in pairs if pair.fits]


def _content(labels: Lazy[LabelMap]) -> str:
    """What identifies the elements of a label map, whatever its header says of their place."""
    array = _elements(labels)
    if array is None or not array.size or not np.isfinite(array).all():
        return labels.digest()
    values = smallest(array)
    return hashlib.sha256(repr(values.shape).encode() + np.ascontiguousarray(values).tobytes()).hexdigest()


def _elements(labels: Lazy[LabelMap]) -> NDArray[Any] | None:
    """The numbers of a label map; as stored where it is refused for its place, None where for something else."""
    try:
        return labels.load().array
    except Refused:
        try:
            return None if labels.stored is None else labels.stored().source.slab(0, 0, 1)[0]
        except Refused:
            return None


def originals_among(measured: Mapping[str, list[Pair]]) -> dict[str, str]:
    """Digest -> file, of the images and label maps that fit; what several have, as an empty one, tells nothing."""
    pairs = [pair for found in measured.values() for pair in found if pair.fits]
    files = {(pair.image_digest, pair.image) for pair in pairs} | {(pair.label_digest, pair.label) for pair in pairs}
    seen = Counter(digest for digest, _ in files)
    return {digest: file for digest, file in files if seen[digest] == 1}


def copy_in(pair: Pair, originals: Mapping[str, str]) -> tuple[bool, str] | None:
    """Whether the image or the label map of a pair is a copy, and of which file; None where neither or both are."""
    image, label = originals.get(pair.image_digest, pair.image), originals.get(pair.label_digest, pair.label)
    if (image == pair.image) == (label == pair.label):
        return None
    return (True, image) if image != pair.image else (False, label)


def are_one_lattice(label: Grid, image: Grid) -> bool:
    """Whether every element of one is an element of the other, in another order: axes exchanged or turned round."""
    if label.ndim != image.ndim or label.unit != image.unit or label.frame != image.frame:
        return False
    if sorted(label.shape) != sorted(image.shape):
        return False
    d = image.ndim
    both = np.linalg.solve(label.affine, image.affine)  # from the image's indices to the label's
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in image.shape], indexing="ij")).reshape(d, -1).T
    index = corners @ both[:d, :d].T + both[:d, d]
    last = np.array(label.shape) - 1
    ends = np.minimum(np.abs(index), np.abs(index - last))  # each corner lies on a corner
    steps = np.abs(np.abs(both[:d, :d]) - np.rint(np.abs(both[:d, :d])))
    return bool(ends.max() < EXACT and steps.max() < EXACT and len(np.unique(np.rint(index), axis=0)) == len(corners))


def _difference(pair: Pair, of_image: bool) -> str:
    own, other = (pair.image_grid, pair.label_grid) if of_image else (pair.label_grid, pair.image_grid)
    if own.shape != other.shape:
        return f"has the shape {_times(own.shape)}, not the {_times(other.shape)} of"
    if own.unit != other.unit or own.frame != other.frame:
        return f"lies in another world ({own.frame}, {own.unit}) than"
    return f"lies up to {own.farthest_from(other):.3g} {own.unit} away from"


def blamed(pair: Pair, good: Sequence[Grid]) -> str:
    """Which side is odd, in words; nothing where that can not be told.

    A header that says nothing is a sign only where those of the others say something.
    """
    image, label = pair.image_grid, pair.label_grid
    peers = [grid for grid in good if grid.ndim == image.ndim == label.ndim]
    bare = sum(map(_is_bare, peers))
    is_sign = _is_bare(label) != _is_bare(image) and (not peers or 2 * bare < len(peers))
    sign = "" if not is_sign else LABEL_BARE if _is_bare(label) else IMAGE_BARE
    if (sign and not bare) or len(peers) < FEWEST:
        return sign
    image_odd, label_odd = _oddness(image, peers), _oddness(label, peers)
    if image_odd == label_odd:
        return sign
    return IMAGE_ODD if image_odd > label_odd else LABEL_ODD


def _is_bare(grid: Grid) -> bool:
    """Whether an affine is what files get when nobody sets one: a spacing of one, and its place at 0 or its middle."""
    d = grid.ndim
    steps, place = np.abs(grid.affine[:d, :d]), np.abs(grid.affine[:d, d])
    middle = (np.array(grid.shape) - 1) / 2  # where NIfTI without any orientation is put by those who read it
    is_nowhere = not place.any() or np.array_equal(place, middle)
    return grid.frame == "RAS" and np.array_equal(steps, np.eye(d)) and is_nowhere


def _oddness(grid: Grid, peers: Sequence[Grid]) -> int:
    """How many of its numbers lie outside the range of the peers'."""
    known = np.array([_numbers(peer) for peer in peers])
    own = _numbers(grid)
    slack = 1e-3 * (1 + np.abs(own))
    return int(np.count_nonzero((own < known.min(axis=0) - slack) | (own > known.max(axis=0) + slack)))


def _numbers(grid: Grid) -> NDArray[np.float64]:
    """Steps, origin, size and extents of a grid."""
    return np.concatenate([grid.affine[: grid.ndim].ravel(), grid.shape, grid.extent])


def _remedy(pair: Pair, blame: str) -> str:
    same_shape = pair.image_grid.shape == pair.label_grid.shape
    if not same_shape and sorted(pair.image_grid.shape) == sorted(pair.label_grid.shape):
        return "Bring the label's axes into the order of the image's: the same sizes are there in another order."
    if same_shape and blame in (IMAGE_ODD, IMAGE_BARE):
        return "Copy the label's affine into the image, or export the image again."
    if same_shape:
        return "Copy the image's affine into the label if its elements fit, else resample it by nearest neighbour."
    return "Resample the label to the image's grid by nearest neighbour, or take the file that belongs here."


def _times(shape: tuple[int, ...]) -> str:
    return "x".join(map(str, shape))
