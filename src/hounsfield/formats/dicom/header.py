"""What a DICOM file says of its image, read in bounded memory and time: its pixels are not touched.

Of a header only the elements of WANTED are kept; pydicom passes over all others without reading them.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels.processing import apply_color_lut
from pydicom.uid import UID

from hounsfield.formats.dicom.elements import AGAIN, in_short, value_of, word
from hounsfield.formats.dicom.encoding import Encoding, element_at, read_encoding
from hounsfield.formats.dicom.file import MAGIC_AT, Bounded, DicomFile
from hounsfield.formats.dicom.frames import Frame, frames_of
from hounsfield.values import MiB, Refused, refuse

MOST_HEADER = 16 * MiB
"""An enhanced file takes some 2 kB a frame; its parts are parsed at 3 s for so much of the smallest of them."""

HEAD = 4096
DEFLATED = "1.2.840.10008.1.2.1.99"
SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
NOT_IMAGES = (
    "Structure Set", "SR", "Presentation State", "Waveform", "Encapsulated", "Plan", "Directory", "Key Object",
    "Record", "Raw Data", "Registration", "Fiducials", "Real World Value",
)  # fmt: skip
"""Words in the names of the kinds of objects that hold no image."""

WANTED = (
    "SOPClassUID", "SOPInstanceUID", "SeriesInstanceUID", "PatientID", "Modality", "SeriesNumber",
    "SeriesDescription", "ImageType", "SegmentationType", "RescaleType", "RescaleSlope", "RescaleIntercept",
    "ModalityLUTSequence", "RealWorldValueMappingSequence", "PixelSpacing", "SliceThickness",
    "ImagePositionPatient", "ImageOrientationPatient", "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence", "EchoNumbers", "EchoTime", "TemporalPositionIdentifier", "DiffusionBValue",
    "AcquisitionNumber", "TriggerTime", "AcquisitionTime", "ContentTime", "SamplesPerPixel",
    "PhotometricInterpretation", "PlanarConfiguration", "NumberOfFrames", "Rows", "Columns", "BitsAllocated",
    "BitsStored", "HighBit", "PixelRepresentation", "ExtendedOffsetTable", "ExtendedOffsetTableLengths",
    "RedPaletteColorLookupTableDescriptor", "GreenPaletteColorLookupTableDescriptor",
    "BluePaletteColorLookupTableDescriptor", "RedPaletteColorLookupTableData", "GreenPaletteColorLookupTableData",
    "BluePaletteColorLookupTableData", "SegmentedRedPaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData", "SegmentedBluePaletteColorLookupTableData",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Palette:
    """Colours by number. first: the number of the first one.  colours: (n, 3) red, green, blue."""

    first: int
    colours: NDArray[Any]


@dataclass(frozen=True, eq=False)
class Header:
    """What a file says of its image.

    kind: SOP class.  instance, series: their UIDs.  segmentation: BINARY, FRACTIONAL or LABELMAP, "" in an image.
    is_measured: whether the numbers are those of a physical quantity, which has no negative.
    """

    file: DicomFile
    kind: str
    instance: str
    series: str
    patient: str
    modality: str
    number: str
    description: str
    segmentation: str
    is_measured: bool
    encoding: Encoding
    frames: tuple[Frame, ...]
    palette: Palette | None

    @property
    def is_segmentation(self) -> bool:
        """Whether it holds labels, not an image."""
        return self.kind in SEGMENTATIONS


def read_header(file: DicomFile) -> Header:
    """What a file says of its image. Refuses what is no DICOM image, and what can not be true."""
    header = look(file)
    if header is None:
        raise refuse(file, "is a DICOM file without an image in it", "Is it the right file?")
    return header


def look(file: DicomFile) -> Header | None:
    """What a file says of its image; None where it is another kind of object. Refuses what can not be true."""
    with file.open(most=MOST_HEADER) as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what matters is checked below, and ends in a refusal
        head = stream.read(HEAD)
        if head[MAGIC_AT : MAGIC_AT + 4] != b"DICM":
            what = f"is no DICOM file: DICM does not stand at byte {MAGIC_AT}"
            raise refuse(file, what, "Is it the right file? Give an old one its preamble with a DICOM tool.")
        meta = _meta(head)
        kind, syntax = meta.get(0x02, ""), meta.get(0x10, "")
        if any(part in UID(kind).name for part in NOT_IMAGES):
            return None
        if not syntax:
            raise refuse(file, "does not say how it is encoded (Transfer Syntax UID)", AGAIN)
        if syntax == DEFLATED:
            what = "is packed as a whole (Deflated Explicit VR), which is not read"
            raise refuse(file, what, "Unpack it with a DICOM tool to Explicit VR Little Endian.")
        stream.seek(0)
        dataset = _parse(file, stream)
        element = element_at(stream)
        kind = word(dataset, "SOPClassUID", file) or kind
        if element is None:
            if "Rows" not in dataset and "Image" not in UID(kind).name:
                return None
            raise refuse(file, "holds no pixels: it is cut short, or a length in it is wrong", AGAIN)
        encoding = read_encoding(dataset, element, syntax, stream.size, file)
        return _described(file, dataset, kind, encoding)


def series_of(file: DicomFile) -> str:
    """The UID of the series that a file is of, damaged as it may be; "" where that can not be read."""
    try:
        with file.open(most=MOST_HEADER) as stream, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if _meta(stream.read(HEAD)).get(0x10, "") in ("", DEFLATED):
                return ""
            stream.seek(0)
            return word(_parse(file, stream), "SeriesInstanceUID", file)
    except Refused:
        return ""


def _described(file: DicomFile, dataset: Dataset, kind: str, encoding: Encoding) -> Header:
    def said(keyword: str) -> str:
        return word(dataset, keyword, file)

    instance = said("SOPInstanceUID")
    return Header(
        file=file,
        kind=kind,
        instance=instance,
        series=said("SeriesInstanceUID") or instance,
        patient=said("PatientID"),
        modality=said("Modality"),
        number=said("SeriesNumber"),
        description=said("SeriesDescription"),
        segmentation=said("SegmentationType"),
        is_measured=said("Modality") in ("CT", "PT") or said("RescaleType") not in ("", "US"),
        encoding=encoding,
        frames=frames_of(dataset, encoding.frames, file),
        palette=_palette(dataset, file) if encoding.photometric == "PALETTE COLOR" else None,
    )


def _meta(head: bytes) -> dict[int, str]:
    """Element -> text of the File Meta group, which is always explicit and little endian."""
    found, at = dict[int, str](), MAGIC_AT + 4
    while head[at : at + 2] == b"\x02\x00" and at + 8 <= len(head):
        element = int.from_bytes(head[at + 2 : at + 4], "little")
        is_long = head[at + 4 : at + 6] in (b"OB", b"OW", b"UN", b"UT")
        length = int.from_bytes(head[at + 8 : at + 12] if is_long else head[at + 6 : at + 8], "little")
        at += 12 if is_long else 8
        found[element] = head[at : at + length].rstrip(b"\0 ").decode("ascii", "replace")
        at += length
    return found


def _parse(file: DicomFile, stream: Bounded) -> Dataset:
    """The elements of WANTED; the stream then stands before the pixels."""
    fault, dataset = "", Dataset()
    try:
        dataset = dcmread(cast(Any, stream), stop_before_pixels=True, specific_tags=list(WANTED))
    except RecursionError:
        fault = "it nests too deeply"
    except Exception as error:  # a damaged file makes pydicom raise whatever it happens upon
        fault = in_short(error)
    if stream.is_exhausted:
        raise refuse(file, f"has a header of more than {MOST_HEADER // MiB} MiB, or of too many parts", AGAIN)
    if fault:
        raise refuse(file, f"has a header that can not be parsed ({fault})", AGAIN)
    return dataset


def _palette(dataset: Dataset, file: DicomFile) -> Palette:
    try:
        count, first, _ = (int(n) for n in value_of(dataset, "RedPaletteColorLookupTableDescriptor", file))
        count = count or 2**16
        for colour in ("Red", "Green", "Blue"):  # of bytes in odd number the last one is padding, and no entry
            data = value_of(dataset, f"{colour}PaletteColorLookupTableData", file)
            if data is not None:
                setattr(dataset, f"{colour}PaletteColorLookupTableData", data[: count * min(2, len(data) // count)])
        numbers = np.arange(first, first + count)
        return Palette(first, np.ascontiguousarray(apply_color_lut(numbers, dataset)))
    except Exception as error:  # missing, cut short, of a form that is not known
        raise refuse(file, f"has a palette that can not be read ({in_short(error)})", AGAIN) from None
