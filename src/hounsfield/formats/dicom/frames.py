"""The frames of a file: where each lies, what turns its numbers into real units, what tells it from others.

A classic file has one frame, described by the file itself. An enhanced one describes each in functional groups, the
frame's own before the shared one (PS3.3 C.7.6.16). Directions and positions are LPS in the file and RAS from here on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from hounsfield.formats.dicom.elements import AGAIN, hint, items, number, numbers, value_of, whole, word, words
from hounsfield.formats.orientation import LPS_TO_RAS
from hounsfield.values import refuse

SHEAR = 0.0087
"""Rows and columns may depart from a right angle by so much: the sine of half a degree."""

FRAME_TYPES = ("MRImageFrameTypeSequence", "CTImageFrameTypeSequence", "PETFrameTypeSequence")
LOCALISERS = frozenset({"LOCALIZER", "SCOUT"})

MARKS = {  # what one volume of several at the same place is known by: functional group and elements, in this order
    "echo": ("MREchoSequence", ("EffectiveEchoTime", "EchoNumbers", "EchoTime")),
    "time": ("FrameContentSequence", ("TemporalPositionIndex", "TemporalPositionIdentifier")),
    "b": ("MRDiffusionSequence", ("DiffusionBValue",)),
    "acquisition": ("FrameContentSequence", ("FrameAcquisitionNumber", "AcquisitionNumber")),
}
CLOCKS = {  # the same by their order at each place, since the numbers themselves differ from slice to slice
    "phase": ("CardiacSynchronizationSequence", ("NominalCardiacTriggerDelayTime", "TriggerTime")),
    "acquired": ("", ("AcquisitionTime",)),
    "stored": ("", ("ContentTime",)),
}


@dataclass(frozen=True, eq=False)
class Place:
    """Where a frame lies, in RAS millimetres.

    corner: centre of its first pixel.  across: the direction in which the column index grows.  down: that of the row
    index.  spacing: between rows, between columns.  thickness: None where it is not said.
    """

    corner: NDArray[np.float64]
    across: NDArray[np.float64]
    down: NDArray[np.float64]
    spacing: tuple[float, float]
    thickness: float | None

    @property
    def normal(self) -> NDArray[np.float64]:
        """The direction in which slices are stacked."""
        return np.cross(self.across, self.down)


@dataclass(frozen=True, eq=False)
class Frame:
    """One frame. index: from 0 in its file.  place: None where the file does not say it.

    slope, intercept: to real units.  segment: number of the segment it shows, 0 in an image.
    stack, marks, clocks: what it shares with the other slices of its volume, and no other volume has.
    """

    index: int
    place: Place | None
    slope: float
    intercept: float
    kind: tuple[str, ...]
    segment: int
    stack: str
    marks: Mapping[str, tuple[float | None, ...]]
    clocks: Mapping[str, float]

    @property
    def is_localiser(self) -> bool:
        """Whether it is an overview that a scan was planned on."""
        return bool(LOCALISERS & set(self.kind))


def frames_of(dataset: Dataset, count: int, where: object) -> tuple[Frame, ...]:
    """The frames of a file that declares so many of them. Refuses descriptions that do not fit."""
    if value_of(dataset, "ModalityLUTSequence", where) is not None:
        what = "turns its numbers into real units by a table (Modality LUT Sequence), which is not read here"
        raise refuse(where, what, "Export it with a rescale slope and intercept.")
    own = items(dataset, "PerFrameFunctionalGroupsSequence", where)
    shared = items(dataset, "SharedFunctionalGroupsSequence", where)[:1]
    if own and len(own) != count:
        raise refuse(where, f"declares {count} frames and describes {len(own)}", AGAIN)
    is_described = bool(own) or count == 1
    return tuple(
        _frame(dataset, (own[index : index + 1] + shared), index, is_described, where) for index in range(count)
    )


def _frame(dataset: Dataset, groups: list[Dataset], index: int, is_described: bool, where: object) -> Frame:
    slope, intercept = _scaling(dataset, groups, where)
    content = _holder(dataset, groups, "FrameContentSequence", where)
    kinds = (words(_holder(dataset, groups, name, where), "FrameType", where) for name in FRAME_TYPES)
    segment = _holder(dataset, groups, "SegmentIdentificationSequence", where)
    return Frame(
        index=index,
        place=_place(dataset, groups, where) if is_described else None,
        slope=slope,
        intercept=intercept,
        kind=next(filter(None, kinds), words(dataset, "ImageType", where)),
        segment=whole(segment, "ReferencedSegmentNumber", where, 0),
        stack=word(content, "StackID", where),
        marks={name: tuple(_hints(dataset, groups, *found, where)) for name, found in MARKS.items()},
        clocks={
            name: said[0] for name, found in CLOCKS.items() if (said := _known(_hints(dataset, groups, *found, where)))
        },
    )


def _holder(dataset: Dataset, groups: list[Dataset], sequence: str, where: object) -> Dataset:
    """What holds the elements of a functional group: the frame's own group, the shared one, or the file itself."""
    for group in groups if sequence else ():
        inner = items(group, sequence, where)
        if inner:
            return inner[0]
    return dataset


def _hints(
    dataset: Dataset, groups: list[Dataset], sequence: str, keywords: tuple[str, ...], where: object
) -> list[float | None]:
    holder = _holder(dataset, groups, sequence, where)
    return [hint(holder, keyword) for keyword in keywords]


def _known(values: list[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _scaling(dataset: Dataset, groups: list[Dataset], where: object) -> tuple[float, float]:
    """Slope and intercept: the rescaling, or the only real-world mapping where there is no rescaling."""
    holder = _holder(dataset, groups, "PixelValueTransformationSequence", where)
    slope, intercept = number(holder, "RescaleSlope", where), number(holder, "RescaleIntercept", where)
    if slope is None and intercept is None:
        groups_of_maps = (items(group, "RealWorldValueMappingSequence", where) for group in (*groups, dataset))
        mappings = next(filter(None, groups_of_maps), [])
        if len(mappings) == 1:
            slope = number(mappings[0], "RealWorldValueSlope", where)
            intercept = number(mappings[0], "RealWorldValueIntercept", where)
    if slope == 0:
        raise refuse(where, "has a rescale slope of zero, which leaves nothing of its values", AGAIN)
    return (1.0 if slope is None else slope, 0.0 if intercept is None else intercept)


def _place(dataset: Dataset, groups: list[Dataset], where: object) -> Place | None:
    """Where a frame lies; None where its position, its orientation or its spacing is not said."""
    measures = _holder(dataset, groups, "PixelMeasuresSequence", where)
    spacing = numbers(measures, "PixelSpacing", 2, where)
    position = numbers(_holder(dataset, groups, "PlanePositionSequence", where), "ImagePositionPatient", 3, where)
    turned = numbers(_holder(dataset, groups, "PlaneOrientationSequence", where), "ImageOrientationPatient", 6, where)
    if spacing is None or position is None or turned is None:
        return None
    if min(spacing) <= 0:
        raise refuse(where, f"has the PixelSpacing {spacing[0]}\\{spacing[1]}, which is no distance", AGAIN)
    across, down = np.array(turned[:3]), np.array(turned[3:])
    lengths = np.linalg.norm(across), np.linalg.norm(down)
    if max(abs(length - 1) for length in lengths) > 0.01 or abs(across @ down) > SHEAR:
        what = f"has an orientation of rows and columns that is none: {', '.join(f'{x:.4g}' for x in turned)}"
        raise refuse(where, what, AGAIN)
    thickness = number(measures, "SliceThickness", where)
    return Place(
        corner=LPS_TO_RAS * np.array(position),
        across=LPS_TO_RAS * across / lengths[0],
        down=LPS_TO_RAS * down / lengths[1],
        spacing=(spacing[0], spacing[1]),
        thickness=thickness if thickness is not None and thickness > 0 else None,
    )
