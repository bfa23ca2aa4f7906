"""Points that do not belong: outside of the image, exchanged, far off, or by a rater who marked another scan.

Raters of one case are held against each other, and the cases against their mean shape, laid onto each by a rigid
motion.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hounsfield.audit.constellations import (
    FEWEST_COMMON,
    SHIFTED,
    deviations,
    exchanged,
    middle_of,
    shape_of,
    stacked,
    usual_distance,
)
from hounsfield.audit.opened import OpenedCase
from hounsfield.audit.point_names import COMMON, misspelt, reordered
from hounsfield.audit.wording import listed
from hounsfield.formats.files import suffix_of
from hounsfield.formats.points_fcsv import read_rows
from hounsfield.values import Dataset, Fault, Image, Points

FAR = 10.0  # times the usual distance of a point, between raters or between people
FEWEST_CASES = 8  # whose mean shape is worth something

MARK_AGAIN = "Look at the image, and mark the point again."
TAKE_OFF = "Did this rater mark another scan of the person? Leave the file out, or take the shift off."


class Marked(NamedTuple):
    """The points of one file: names as they stand there, places (N, d), and the names that lie outside of the image.

    of: the role of the image that they were marked on.
    """

    case_id: str
    of: str
    where: str
    rater: str | None
    names: tuple[str, ...]
    places: NDArray[np.float64]
    outside: tuple[str, ...]


@dataclass(frozen=True)
class PointsCheck:
    """The check."""

    name: str = "points"

    def measure(self, case: OpenedCase) -> list[Marked] | None:
        """The points of each file."""
        return [_marked(case, truth, points) for truth, points in case.truths(Points).items()] or None

    def judge(self, measured: Mapping[str, list[Marked]], dataset: Dataset) -> Iterable[Fault]:
        """Files with points outside, with odd names or another order, and what only the others show."""
        every = [marked for found in measured.values() for marked in found]
        for marked in every:
            if marked.outside:
                what = f"has points outside of its image: {listed(marked.outside)}"
                yield self._fault(marked, what, "Are its coordinates those of this image, in RAS?", 1.0)
        spelling = misspelt([marked.names for marked in every])
        for number, odd in spelling.items():
            said = [f"{name!r}, which the others call {usual!r}" for name, usual in odd.items()]
            yield self._fault(every[number], f"has a point {listed(said)}", "Write the name as the others do.", 0.95)
        for number, (own, usual) in reordered([marked.names for marked in every]).items():
            what = f"lists its points in another order than the others: {own} where they have {usual}"
            yield self._fault(every[number], what, "Go by the names, never by the rows.", 0.4)
        plain = [_renamed(marked, spelling.get(number, {})) for number, marked in enumerate(every)]
        names = _common_names(plain)
        for group in _by_dimension(plain):
            if len(names) >= FEWEST_COMMON:
                yield from self._raters(group, names)
                yield from self._across(group, names)

    def _raters(self, group: list[Marked], names: list[str]) -> Iterator[Fault]:
        """Raters who deviate from the others of the same case."""
        compared = []
        for marks in _by_image(group):
            if len(marks) < 2:
                continue
            raters = [marked for marked in marks if marked.rater is not None] or marks
            sets = stacked(names, [(marked.names, marked.places) for marked in raters])
            compared.append((raters, sets, deviations(sets, _reference(marks, names))))
        if not compared:
            return
        usual = usual_distance(np.concatenate([found.away for _, _, found in compared]))
        for raters, sets, found in compared:
            for number, marked in enumerate(raters):
                away = found.away[number][np.isfinite(found.away[number])]
                left = max(float(np.median(away)) if away.size else 0.0, float(np.median(usual)))
                shift = float(np.linalg.norm(found.shifts[number]))
                if shift > SHIFTED * left:
                    what = f"lies {shift:.3g} away from the other raters as a whole ({_steps(found.shifts[number])})"
                    yield self._fault(marked, what, TAKE_OFF, min(0.99, 1 - 0.5 * left / shift))
                middle = sets[number] - found.shifts[number] - found.rest[number]
                places = sets[number] - found.shifts[number]
                yield from self._odd(marked, names, places, middle, FAR * usual, "the other raters", 0.85)

    def _across(self, group: list[Marked], names: list[str]) -> Iterator[Fault]:
        """Cases whose points do not lie as those of the others do."""
        cases = _by_image(group)
        if len(cases) < FEWEST_CASES:
            return
        laid, shape = shape_of(np.stack([_reference(marks, names) for marks in cases]))
        usual = usual_distance(np.linalg.norm(laid - shape, axis=2))
        for marks, places in zip(cases, laid, strict=True):
            agreed = next((marked for marked in marks if marked.rater is None), marks[0])
            yield from self._odd(agreed, names, places, shape, FAR * usual, "the other cases", 0.6)

    def _odd(
        self,
        marked: Marked,
        names: list[str],
        places: NDArray[np.float64],
        reference: NDArray[np.float64],
        most: NDArray[np.float64],
        others: str,
        sure: float,
    ) -> Iterator[Fault]:
        """Points exchanged, and points farther off than `most` (N,)."""
        pairs = exchanged(places, reference, most / 2)
        if pairs:
            said = [f"{names[i]} and {names[j]}" for i, j in pairs]
            what = f"has points exchanged, by {others}: {listed(said)}"
            yield self._fault(marked, what, "Exchange the names.", sure)
        away = np.linalg.norm(places - reference, axis=1)
        taken = {number for pair in pairs for number in pair}
        far = [int(number) for number in np.flatnonzero(away > most) if number not in taken]
        if far:
            said = [f"{names[number]} by {away[number]:.3g}" for number in far]
            yield self._fault(marked, f"has points far from where {others} have them: {listed(said)}", MARK_AGAIN, sure)

    def _fault(self, marked: Marked, what: str, remedy: str, sure: float) -> Fault:
        return Fault(self.name, marked.where, what, remedy, sure, (marked.case_id,))


CHECK = PointsCheck()


def _marked(case: OpenedCase, truth: str, points: Points) -> Marked:
    said = case.case.truths[truth]
    places = np.where((points.present == 0)[:, None], np.nan, points.coordinates)
    outside: tuple[str, ...] = ()
    on = case.case.inputs.get(said.of)
    if on is not None and issubclass(on.kind, Image):
        grid = on.load().grid
        if grid.ndim == places.shape[1]:
            is_out = np.isfinite(places).all(axis=1) & ~grid.contains(places)
            outside = tuple(name for name, out in zip(points.names, is_out, strict=True) if out)
    where = case.where(truth)
    return Marked(case.case.id, said.of, where, said.rater, _as_written(said.answer.files, points), places, outside)


def _as_written(files: Sequence[Path], points: Points) -> tuple[str, ...]:
    """The names as they stand in the file: with the blanks around them, where it is Slicer's."""
    if [suffix_of(path) for path in files] != [".fcsv"]:
        return points.names
    return tuple(row.label for row in read_rows(files[0])[1])


def _renamed(marked: Marked, names: Mapping[str, str]) -> Marked:
    return marked._replace(names=tuple(names.get(name, name) for name in marked.names))


def _common_names(every: list[Marked]) -> list[str]:
    """The names that most files have, in the order of their first file."""
    known = dict.fromkeys(name for marked in every for name in marked.names)
    return [name for name in known if sum(name in marked.names for marked in every) >= COMMON * len(every)]


def _by_dimension(every: list[Marked]) -> Iterator[list[Marked]]:
    for d in sorted({marked.places.shape[1] for marked in every}):
        yield [marked for marked in every if marked.places.shape[1] == d]


def _by_image(group: list[Marked]) -> list[list[Marked]]:
    """What was marked on the same image of a case, by whatever raters."""
    images: dict[tuple[str, str], list[Marked]] = {}
    for marked in group:
        images.setdefault((marked.case_id, marked.of), []).append(marked)
    return list(images.values())


def _reference(marks: list[Marked], names: list[str]) -> NDArray[np.float64]:
    """The points that were agreed on, or else the middle of all raters: (N, d)."""
    agreed = [marked for marked in marks if marked.rater is None]
    return middle_of(stacked(names, [(marked.names, marked.places) for marked in agreed or marks]))


def _steps(shift: NDArray[np.float64]) -> str:
    return ", ".join(f"{step:+.3g}" for step in shift)
