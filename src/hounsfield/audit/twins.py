"""Inputs that show the same: copies by their identity, near copies by their details.

Two scans of one kind look alike as a whole, so nothing is said of a near copy before its fine details, which noise
makes different in every scan, agree at full resolution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.summary import SIDE, reduced
from hounsfield.ops.slabs import slabs
from hounsfield.values import Case, Dataset, Image, Refused, Series

CANDIDATE = 0.95
"""Correlation of the details of two thumbnails from which on the images themselves are compared."""

ALIKE = 0.6
"""Correlation of the details of two images from which on one is said to be a copy of the other."""

NEIGHBOURS = 3  # candidates that are looked at for each image, the likest first
BLUR = 5  # elements: details are what differs from the mean over this width
STEEPEST = 3.0  # times the median size of the details; two standard deviations of noise
ROWS = 512  # thumbnails compared at a time

Wanted = Callable[[Case, Case], bool]


@dataclass(frozen=True)
class Look:
    """What an input is known again by: its file, its identity, and the details of its thumbnail (mean 0, norm 1)."""

    where: str
    digest: str
    details: NDArray[np.float32] | None = None


@dataclass(frozen=True)
class Twins:
    """Two inputs that show the same: the cases, the files, and how sure that is (1 for copies)."""

    cases: tuple[str, str]
    where: tuple[str, str]
    sure: float

    @property
    def are_copies(self) -> bool:
        """Whether they are equal to the bit."""
        return self.sure == 1.0

    @property
    def files(self) -> str:
        """Both files."""
        return f"{self.where[0]} and {self.where[1]}"


def looks_of(case: OpenedCase) -> dict[str, Look]:
    """Role -> look, of the images and series of a case."""
    found = {}
    for role, value in case.case.inputs.items():
        if issubclass(value.kind, Image):
            found[role] = Look(value.where, value.digest(), _details_in_small(case.thumbnail(role)))
        elif issubclass(value.kind, Series):
            found[role] = Look(value.where, value.digest())
    return found


def twins(looks: Mapping[str, Mapping[str, Look]], dataset: Dataset, wanted: Wanted) -> Iterator[Twins]:
    """Each input with the first one that shows the same, where the two cases are `wanted`."""
    cases = {case.id: case for case in dataset}
    all_looks = [(cases[i], role, look) for i, found in looks.items() for role, look in found.items() if i in cases]
    yield from _copies(all_looks, wanted)
    yield from _near_copies(all_looks, wanted)


def detail_correlation(a: Image, b: Image) -> float:
    """How well the details of two images agree (-1 to 1), of the first channels, element by element.

    Images of different size are first averaged down to a common one.
    """
    if a.source.shape == b.source.shape:
        pairs = zip(slabs(a.source), slabs(b.source), strict=True)
        parts = ((first[0], second[0]) for (_, first), (_, second) in pairs)
    else:
        sides = (*a.grid.shape, *b.grid.shape)
        most = max(sides) if a.grid.shape == b.grid.shape else max(SIDE, min(sides) // 2)
        parts = ((reduced(one, most), reduced(other, most)) for one, other in [(a, b)])
    sums = np.zeros(3)
    for first, second in parts:
        if first.shape != second.shape:  # one axis is shorter than a thumbnail
            return 0.0
        x, y = _details(first), _details(second)
        sums += np.array([(x * y).sum(), (x * x).sum(), (y * y).sum()])
    return float(sums[0] / np.sqrt(sums[1] * sums[2])) if sums[1] > 0 and sums[2] > 0 else 0.0


Found = tuple[Case, str, Look]


def _copies(looks: list[Found], wanted: Wanted) -> Iterator[Twins]:
    alike: dict[str, list[Found]] = {}
    for case, role, look in looks:
        earlier = alike.setdefault(look.digest, [])
        for other, _, seen in earlier:
            # the same file as an input of many cases, such as a template, is meant
            if seen.where != look.where and wanted(other, case):
                yield Twins((other.id, case.id), (seen.where, look.where), 1.0)
                break
        earlier.append((case, role, look))


def _near_copies(looks: list[Found], wanted: Wanted) -> Iterator[Twins]:
    groups: dict[int, list[Found]] = {}
    rows: dict[int, list[NDArray[np.float32]]] = {}
    for case, role, look in looks:
        if look.details is not None:
            groups.setdefault(look.details.size, []).append((case, role, look))
            rows.setdefault(look.details.size, []).append(look.details)
    for size, group in groups.items():
        details = np.stack(rows[size])
        for start in range(0, len(group), ROWS):
            likeness = details[start : start + ROWS] @ details.T
            for number, row in enumerate(likeness, start=start):
                found = _first_alike(group, number, row[:number], wanted)
                if found is not None:
                    yield found


def _first_alike(group: list[Found], number: int, likeness: NDArray[np.float32], wanted: Wanted) -> Twins | None:
    """The likest of the earlier images of other patients that stands the comparison at full resolution."""
    case, role, look = group[number]
    likely = np.flatnonzero(likeness >= CANDIDATE)
    others = [group[n] for n in likely[np.argsort(-likeness[likely], kind="stable")]]
    others = [
        o for o in others if o[2].digest != look.digest and not set(o[0].bonds) & set(case.bonds) and wanted(o[0], case)
    ]
    for other, other_role, seen in others[:NEIGHBOURS]:
        try:
            sure = detail_correlation(other.inputs[other_role].load(), case.inputs[role].load())
        except Refused:  # gone since it was measured
            continue
        if sure >= ALIKE:
            return Twins((other.id, case.id), (seen.where, look.where), min(0.99, sure))
    return None


def _details_in_small(thumbnail: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """The details of a thumbnail, stretched to SIDE elements an axis; None of one without any."""
    if not np.isfinite(thumbnail).all():
        return None
    small = thumbnail.astype(np.float64)
    for axis, n in enumerate(thumbnail.shape):
        small = np.take(small, np.arange(SIDE) * n // SIDE, axis)
    details = _tempered(small - ndimage.uniform_filter(small, 3))
    details = details - details.mean()
    norm = float(np.linalg.norm(details))
    if norm <= 1e-6 * max(1.0, float(np.abs(thumbnail).max())):
        return None
    return np.asarray(details / norm, np.float32).ravel()


def _details(plane: NDArray[np.generic]) -> NDArray[np.floating]:
    """What differs from the mean around it; along the third axis, which comes in parts, nothing is averaged."""
    values = np.nan_to_num(np.asarray(plane, np.float64), posinf=0.0, neginf=0.0)
    return _tempered(values - ndimage.uniform_filter(values, (BLUR, BLUR, 1)[: values.ndim]))


def _tempered(details: NDArray[np.floating]) -> NDArray[np.floating]:
    """Details without their extremes: a frame or an outline that all images share is not to outweigh the rest."""
    sizes = np.abs(details)
    there = sizes[sizes > 1e-6 * sizes.max(initial=0.0)]
    most = STEEPEST * float(np.median(there)) if there.size else 0.0
    return np.asarray(np.clip(details, -most, most))
