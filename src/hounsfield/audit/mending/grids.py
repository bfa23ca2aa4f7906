"""A label map and its image are brought onto one grid, where that changes no element of either.

Either the elements lie in the same order already and one of the two headers is wrong: it gets the other's grid. Or the
headers are right and the label's elements stand in another order, all of them: they are brought into the image's.
Whatever would have to interpolate is left to a person: it changes the label.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from hounsfield.audit.checks.grids import (
    IMAGE_BARE,
    IMAGE_ODD,
    LABEL_BARE,
    LABEL_ODD,
    Pair,
    are_one_lattice,
    blamed,
    copy_in,
    fitting,
    originals_among,
)
from hounsfield.audit.mending.laid import is_laid_right
from hounsfield.audit.mending.mend import COPIES, Mend, volume_of
from hounsfield.formats.files import suffix_of
from hounsfield.layouts.lazies import format_of
from hounsfield.ops.resampling import resample_labels
from hounsfield.values import Case, Dataset, Grid, Image, LabelMap, Lazy, Refused

WHY = {
    LABEL_BARE: "its own said nothing",
    IMAGE_BARE: "its own said nothing",
    LABEL_ODD: "its own was unlike those of the other cases",
    IMAGE_ODD: "its own was unlike those of the other cases",
}


def mends(measured: Mapping[str, list[Pair]], dataset: Dataset) -> Iterator[Mend]:
    """A change of one file for each pair that can be told apart.

    A file that fits somewhere is never changed, nor one that would have to lie in two places, nor an image that another
    case has as well, nor a pair of which one is a copy of another case's file.
    """
    good, originals = fitting(measured), originals_among(measured)
    cases = {case.id: case for case in dataset}
    pairs = [(cases[case_id], pair) for case_id, found in measured.items() for pair in found]
    kept = {file for case, pair in pairs if pair.fits for value in _values(case, pair) for file in value.files}
    wanted: dict[Path, dict[str, tuple[Grid, Mend]]] = {}
    for case, pair in pairs:
        is_left = pair.fits or copy_in(pair, originals) is not None
        found = None if is_left else _mend(case, pair, measured[case.id], good)
        if found is not None and found[1].file not in kept:
            wanted.setdefault(found[1].file, {})[case.id] = found
    users: dict[Path, set[str]] = defaultdict(set)
    for case in dataset:
        for value in case.inputs.values():
            for file in value.files:
                users[file].add(case.id)
    for file, those in wanted.items():
        grid, mend = next(iter(those.values()))
        if users[file] <= those.keys() and all(other.close_to(grid) for other, _ in those.values()):
            yield mend


def _values(case: Case, pair: Pair) -> tuple[Lazy[Any], Lazy[Any]]:
    """The image and the label map of a pair."""
    truth = case.truths[pair.truth]
    return case.inputs[truth.of], truth.answer


def _mend(case: Case, pair: Pair, pairs: Sequence[Pair], good: Sequence[Grid]) -> tuple[Grid, Mend] | None:
    """The grid that one of the two files is to get, and how; None where that can not be told."""
    image, label = map(volume_of, _values(case, pair))
    if are_one_lattice(pair.label_grid, pair.image_grid):
        return _put(label, pair.image_grid, "has its axes in the order of its image's, every element kept", _turn)
    blame = blamed(pair, good)
    if not blame or pair.image_grid.shape != pair.label_grid.shape or not _lies_right(case, pair):
        return None
    if blame in (LABEL_BARE, LABEL_ODD):
        return _put(label, pair.image_grid, f"has the grid of its image in its header: {WHY[blame]}", _place)
    if not _is_alone(case, pair, pairs):
        return None
    return _put(image, pair.label_grid, f"has the grid of its label in its header: {WHY[blame]}", _place)


def _put(file: Path | None, grid: Grid, what: str, write: Callable[..., None]) -> tuple[Grid, Mend] | None:
    return None if file is None else (grid, Mend("grids", file, what, partial(write, file, grid=grid)))


def _lies_right(case: Case, pair: Pair) -> bool:
    """Whether the label's elements, in the order they are stored in, lie on the image as no other order would."""
    image, label = _values(case, pair)
    try:
        stored = None if label.stored is None else label.stored().source.slab(0, 0, 1)[0]
        return stored is not None and is_laid_right(image.load(), stored, pair.label_grid)
    except Refused:  # one of them can not be read to its end, which is another check's business
        return False


def _is_alone(case: Case, pair: Pair, pairs: Sequence[Pair]) -> bool:
    """Whether nothing else of the case stands or falls with the image's grid: no other image, no other truth.

    Several label maps may lie on it, when they agree where.
    """
    images = {value.files for value in case.inputs.values() if issubclass(value.kind, Image)}
    only_labels = all(issubclass(truth.answer.kind, LabelMap) for truth in case.truths.values())
    agree = all(not other.fits and other.label_grid.close_to(pair.label_grid) for other in pairs)
    return len(images) == 1 and only_labels and len(pairs) == len(case.truths) and agree


def _place(file: Path, to: Path, grid: Grid) -> None:
    COPIES[suffix_of(file)].copy_on_grid(file, to, grid)


def _turn(label: Path, to: Path, grid: Grid) -> None:
    array, own = format_of(label).read_labels(label)
    COPIES[suffix_of(label)].copy_with_labels(label, to, resample_labels(array, own, grid), grid)
