"""Series: which slices of one belong to which volume, and what of it is no volume.

A series becomes several volumes where its slices differ in size, orientation or spacing, and where several lie at each
place: echoes, time points, phases of the heart. Each of these is a volume of its own, named by what tells it apart
(`phase03`), in the order of that. Exact copies of a slice are left out; different slices at one place are refused.
Files that do not say where they lie are pictures, each for itself.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from hounsfield.formats.dicom.file import DicomFile
from hounsfield.formats.dicom.frames import CLOCKS, MARKS
from hounsfield.formats.dicom.geometry import TURNED, Slice, arrange, levels
from hounsfield.formats.dicom.header import Header
from hounsfield.formats.dicom.pixels import channels_of, read_frames
from hounsfield.values import Grid, refuse

CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
STRETCHED = 1e-3
"""Spacings that differ by no larger a share are the same."""

MOST_TURNS = 1024
"""Orientations in a series: a scan that turns about an axis has some hundreds."""


@dataclass(frozen=True, eq=False)
class Stack:
    """Slices that may be a volume. name: what tells it from the others of its series, "" where it is alone.

    copies: files left out, since each of their slices is an exact copy of one that is here.
    """

    slices: tuple[Slice, ...]
    name: str = ""
    copies: tuple[DicomFile, ...] = ()

    @property
    def first(self) -> Header:
        """What its first file says."""
        return self.slices[0].header

    @property
    def files(self) -> tuple[DicomFile, ...]:
        """The files it is read from, each once."""
        return tuple(dict.fromkeys(one.header.file for one in self.slices))

    @property
    def is_placed(self) -> bool:
        """Whether its slices say where they lie."""
        return all(one.frame.place is not None for one in self.slices)

    @property
    def is_localiser(self) -> bool:
        """Whether it is an overview to plan a scan on."""
        return self.slices[0].frame.is_localiser

    @property
    def is_capture(self) -> bool:
        """Whether it is a picture of a screen, such as a dose report among scans."""
        return self.first.kind == CAPTURE or self.first.kind.startswith(f"{CAPTURE}.")

    @property
    def where(self) -> str:
        """What an error names."""
        return self.files[0].folder if len(self.files) > 1 else str(self.files[0])


@dataclass(frozen=True, eq=False)
class Volume:
    """Slices in order, and the grid they lie on.

    Where they are placed: (column, row, slice) in RAS mm. Otherwise pictures: (row, column) or (row, column, frame).
    """

    stack: Stack
    slices: tuple[Slice, ...]
    grid: Grid


def stacks_of(headers: Iterable[Header]) -> list[Stack]:
    """The volumes and pictures of one series, not yet held against a grid. Refuses slices that can not be decoded."""
    placed, loose = list[Slice](), list[Stack]()
    for header in headers:
        slices = tuple(Slice(header, frame) for frame in header.frames)
        if all(frame.place is not None for frame in header.frames):
            placed.extend(slices)
        else:
            loose.append(Stack(slices))
    stacks = list[Stack]()
    groups = _alike(placed)
    for number, group in enumerate(groups, start=1):
        kept, copies = _without_copies(group)
        part = f"part{number:02d}" if len(groups) > 1 else ""
        for name, volume in _told_apart(kept):
            stacks.append(Stack(tuple(volume), "_".join(filter(None, (part, name))), copies))
            copies = ()  # said once
    return [*stacks, *loose]


def assemble(stack: Stack) -> Volume:
    """The volume of a stack. Refuses what lies on no grid: see `arrange`."""
    if not stack.is_placed:
        return Volume(stack, stack.slices, _picture_grid(stack))
    kept, copies = list[Slice](), list[DicomFile]()
    for level in _by_level(stack.slices):
        kept.append(level[0])
        for other in level[1:]:
            if not _same_numbers(level[0], other):
                what = f"has different slices at the same place: {level[0]} and {other}"
                remedy = "Keep one of them, or give each volume a folder of its own."
                raise refuse(stack.where, what, remedy)
            copies.append(other.header.file)
    slices, grid = arrange(kept, stack.where)
    copies = [file for file in dict.fromkeys(copies) if file not in {one.header.file for one in slices}]
    return Volume(replace(stack, copies=(*stack.copies, *copies)), slices, grid)


def _picture_grid(stack: Stack) -> Grid:
    encoding = stack.first.encoding
    if len(stack.slices) == 1:
        return Grid.picture((encoding.rows, encoding.columns))
    return Grid((encoding.rows, encoding.columns, len(stack.slices)), np.eye(4), "px", "image")


def _alike(slices: Iterable[Slice]) -> list[list[Slice]]:
    """Slices of one size, orientation, spacing and kind together, in the order of the first of each.

    Refuses more orientations than a scan has, which would be held against each other for minutes.
    """
    groups, known = list[list[Slice]](), defaultdict[object, _Turns](_Turns)
    for one in slices:
        number, is_new = known[_kind(one)].find(one, len(groups))
        if is_new:
            groups.append([one])
        else:
            groups[number].append(one)
    return groups


def _kind(one: Slice) -> tuple[object, ...]:
    """What slices of one volume have exactly in common."""
    encoding, frame = one.header.encoding, one.frame
    size = (encoding.rows, encoding.columns, channels_of(one.header))
    return (*size, frame.is_localiser, frame.stack, frame.segment)


class _Turns:
    """The orientations and spacings met so far among slices of one kind, and the number of the group of each."""

    def __init__(self) -> None:
        self._met = dict[bytes, int]()  # most slices repeat them to the bit
        self._first = np.empty((0, 8))
        self._numbers = list[int]()

    def find(self, one: Slice, following: int) -> tuple[int, bool]:
        """The number of the slice's group, and whether it is a new one, which is called `following`."""
        place = one.place
        turn = np.array([*place.across, *place.down, *place.spacing])
        if turn.tobytes() in self._met:
            return self._met[turn.tobytes()], False
        near = np.hstack([np.full(6, TURNED), STRETCHED * turn[6:]])
        same = np.flatnonzero((np.abs(self._first - turn) <= near).all(axis=1))
        number = self._numbers[same[0]] if same.size else following
        self._met[turn.tobytes()] = number
        if same.size == 0:
            if len(self._numbers) == MOST_TURNS:
                what = f"has slices in more than {MOST_TURNS} orientations or spacings, which make no volume"
                raise refuse(one.header.file, what, "Keep the slices that belong together.")
            self._first = np.vstack([self._first, turn])
            self._numbers.append(number)
        return number, same.size == 0


def _without_copies(slices: Sequence[Slice]) -> tuple[list[Slice], tuple[DicomFile, ...]]:
    """The slices, each once, and the files that hold nothing but copies: the same instance with the same numbers."""
    kept, copies = dict[tuple[object, ...], Slice](), list[DicomFile]()
    for one, level in zip(slices, levels(slices), strict=True):
        key: tuple[object, ...] = (one.header.instance, one.frame.index, int(level))
        if key in kept and one.header.instance and _same_numbers(kept[key], one):
            copies.append(one.header.file)
        else:
            kept[key if key not in kept else (*key, one.header.file)] = one
    used = {one.header.file for one in kept.values()}
    return list(kept.values()), tuple(file for file in dict.fromkeys(copies) if file not in used)


def _same_numbers(a: Slice, b: Slice) -> bool:
    one, other = (next(read_frames(x.header, [x.frame])) for x in (a, b))
    return np.array_equal(one, other, equal_nan=one.dtype.kind == "f")


def _told_apart(slices: Sequence[Slice]) -> list[tuple[str, list[Slice]]]:
    """The volumes among slices of which several lie at each place, each with its name; one without where none does.

    A mark tells them apart where every one of its volumes reaches over half of the places, and there are no more of
    them than slices at a place.
    """
    at = levels(slices)
    deepest = max(Counter(at.tolist()).values())
    if deepest == 1:
        return [("", list(slices))]
    for mark, groups in _ways(slices):
        if len(groups) < 2:
            continue
        depths = [Counter(at[k] for k in group) for group in groups]
        fits = len(groups) * max(max(depth.values()) for depth in depths) <= deepest
        if fits and all(2 * len(depth) >= len(set(at.tolist())) for depth in depths):
            return [
                ("_".join(filter(None, (f"{mark}{number:02d}", inner))), part)
                for number, group in enumerate(groups, start=1)
                for inner, part in _told_apart([slices[k] for k in group])
            ]
    return [("", list(slices))]


def _ways(slices: Sequence[Slice]) -> Iterator[tuple[str, list[list[int]]]]:
    """Each way to tell slices apart, with the groups it makes of them, in order."""
    yield "kind", _grouped([one.frame.kind for one in slices])
    for mark in MARKS:
        values = [tuple(-np.inf if n is None else n for n in one.frame.marks[mark]) for one in slices]
        yield mark, _grouped(values)
    for clock in CLOCKS:
        times = [one.frame.clocks.get(clock) for one in slices]
        if None not in times:
            yield clock, _grouped(_ranks(slices, [time for time in times if time is not None]))


def _grouped(values: Sequence[object]) -> list[list[int]]:
    groups = defaultdict[object, list[int]](list)
    for number, value in enumerate(values):
        groups[value].append(number)
    return [groups[value] for value in sorted(groups)]  # type: ignore[type-var]


def _ranks(slices: Sequence[Slice], times: Sequence[float]) -> list[int]:
    """The place of each slice in time among those at the same place, from 0; equal times share a rank."""
    at = levels(slices)
    order = {level: sorted({t for t, k in zip(times, at, strict=True) if k == level}) for level in set(at.tolist())}
    return [order[level].index(time) for time, level in zip(times, at.tolist(), strict=True)]


def _by_level(slices: Sequence[Slice]) -> list[list[Slice]]:
    groups = defaultdict[int, list[Slice]](list)
    for one, level in zip(slices, levels(slices).tolist(), strict=True):
        groups[level].append(one)
    return [groups[level] for level in sorted(groups)]
