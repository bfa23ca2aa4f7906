"""How a file's pixels are stored: what it declares of them, held against its size before memory is taken."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from pydicom.dataset import Dataset
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from hounsfield.formats.dicom.elements import AGAIN, value_of, whole, word
from hounsfield.formats.dicom.file import Bounded, DicomFile
from hounsfield.values import refuse

MOST_PIXELS = 2**27
"""A frame that declares more is refused (128 million)."""

MOST_FRAMES = 2**16
MOST_RATIO = 10_000
"""Blank slices shrink to a three-thousandth in JPEG 2000; a file that declares much more than that holds no pixels."""

DECODERS = ("pylibjpeg", "pydicom", "pillow", "gdcm")
"""The first that is there is asked, and no other after it; GDCM last, since it needs a process apart."""

JPEG_EXTENDED = "1.2.840.10008.1.2.4.51"
UNDEFINED = 0xFFFFFFFF
KEYWORDS = {0x0008: "FloatPixelData", 0x0009: "DoubleFloatPixelData", 0x0010: "PixelData"}
FLOATS: dict[str, np.dtype[Any]] = {
    "FloatPixelData": np.dtype(np.float32),
    "DoubleFloatPixelData": np.dtype(np.float64),
}
COLOURS = ("RGB", "YBR_FULL", "YBR_FULL_422", "YBR_ICT", "YBR_RCT")
GREYS = ("MONOCHROME1", "MONOCHROME2", "PALETTE COLOR")


@dataclass(frozen=True, eq=False)
class Encoding:
    """What is stored, how and where.

    keyword, vr: of the element that holds it.  offset: of its first byte.  allocated, stored: bits of a number.
    tables: where each compressed frame begins and how long it is, in the file's own bytes, if it says so.
    """

    syntax: str
    keyword: str
    vr: str
    offset: int
    rows: int
    columns: int
    samples: int
    frames: int
    allocated: int
    stored: int
    is_signed: bool
    photometric: str
    planar: int
    tables: tuple[bytes, bytes] | None

    @property
    def is_compressed(self) -> bool:
        """Whether each frame is packed for itself."""
        return bool(UID(self.syntax).is_encapsulated)

    @property
    def dtype(self) -> np.dtype[Any]:
        """Type of the stored numbers, in the machine's own order of bytes."""
        if self.keyword in FLOATS:
            return FLOATS[self.keyword]
        return np.dtype(f"{'i' if self.is_signed else 'u'}{max(self.allocated, 8) // 8}")

    @property
    def decoder(self) -> str:
        """Which of the installed decoders unpacks it; "" where none is needed, or none is there."""
        there = get_decoder(UID(self.syntax)).available_plugins
        if self.syntax == JPEG_EXTENDED and self.stored > 8:  # Pillow reads 8 bits
            there = tuple(name for name in there if name != "pillow")
        return next((name for name in DECODERS if name in there), "") if self.is_compressed else ""

    def options(self, frames: int) -> dict[str, Any]:
        """The same in the decoders' words, for so many frames."""
        said: dict[str, Any] = {
            "rows": self.rows,
            "columns": self.columns,
            "samples_per_pixel": self.samples,
            "number_of_frames": frames,
            "bits_allocated": self.allocated,
            "bits_stored": self.stored,
            "pixel_representation": int(self.is_signed),
            "photometric_interpretation": self.photometric,
            "pixel_keyword": self.keyword,
        }
        if self.vr:
            said["pixel_vr"] = self.vr
        if self.samples > 1:
            said["planar_configuration"] = self.planar
        return said


@dataclass(frozen=True)
class Element:
    """The element of a file that holds its pixels; `length` is UNDEFINED where it is in packets."""

    keyword: str
    vr: str
    offset: int
    length: int


def element_at(stream: Bounded) -> Element | None:
    """The element of pixels that a stream stands before; None where it stands at the end or before another one."""
    here = stream.tell()
    head = stream.read(12)
    order = "little" if head[:2] == b"\xe0\x7f" else "big" if head[:2] == b"\x7f\xe0" else ""
    if len(head) < 8 or not order:
        return None
    keyword = KEYWORDS.get(int.from_bytes(head[2:4], order))  # type: ignore[arg-type]
    if keyword is None:
        return None
    if head[4:6] in (b"OB", b"OW", b"OF", b"OD", b"UN"):
        return Element(keyword, head[4:6].decode(), here + 12, int.from_bytes(head[8:12], order))  # type: ignore[arg-type]
    return Element(keyword, "", here + 8, int.from_bytes(head[4:8], order))  # type: ignore[arg-type]


def read_encoding(dataset: Dataset, element: Element, syntax: str, size: int, file: DicomFile) -> Encoding:
    """What a file of `size` bytes declares of its pixels. Refuses what can not be read and what can not be true."""
    _refuse_unknown_syntax(syntax, file)
    rows, columns = whole(dataset, "Rows", file, 0), whole(dataset, "Columns", file, 0)
    frames = whole(dataset, "NumberOfFrames", file, 1) or 1
    samples = whole(dataset, "SamplesPerPixel", file, 1)
    allocated = whole(dataset, "BitsAllocated", file, 0)
    stored = whole(dataset, "BitsStored", file, allocated)
    encoding = Encoding(
        syntax=syntax,
        keyword=element.keyword,
        vr=element.vr,
        offset=element.offset,
        rows=rows,
        columns=columns,
        samples=samples,
        frames=frames,
        allocated=allocated,
        stored=stored,
        is_signed=whole(dataset, "PixelRepresentation", file, 0) == 1,
        photometric=word(dataset, "PhotometricInterpretation", file) or ("MONOCHROME2" if samples == 1 else "RGB"),
        planar=whole(dataset, "PlanarConfiguration", file, 0),
        tables=_tables(dataset, file),
    )
    if min(rows, columns) < 1 or not 1 <= frames <= MOST_FRAMES or rows * columns > MOST_PIXELS:
        what = f"declares {frames} frames of {rows} rows and {columns} columns, which can not be read"
        raise refuse(file, what, AGAIN)
    _refuse_unknown_kinds(encoding, whole(dataset, "HighBit", file, stored - 1), file)
    _refuse_more_than_there_is(encoding, element, size, file)
    return encoding


def _tables(dataset: Dataset, file: DicomFile) -> tuple[bytes, bytes] | None:
    offsets, lengths = (
        value_of(dataset, "ExtendedOffsetTable", file),
        value_of(dataset, "ExtendedOffsetTableLengths", file),
    )
    return (offsets, lengths) if isinstance(offsets, bytes) and isinstance(lengths, bytes) else None


def _refuse_unknown_syntax(syntax: str, file: DicomFile) -> None:
    try:
        get_decoder(UID(syntax))
    except Exception:  # an unknown name is told from a known one in more than one way
        what = f"is encoded in a way that can not be read here: {UID(syntax).name} ({syntax})"
        raise refuse(file, what, "Convert it with a DICOM tool to Explicit VR Little Endian.") from None


def _refuse_unknown_kinds(encoding: Encoding, high_bit: int, file: DicomFile) -> None:
    e = encoding
    if e.is_compressed and not e.decoder:
        what = f"is compressed as {UID(e.syntax).name}, for which no decoder is installed"
        raise refuse(file, what, "Install hounsfield[dicom], or convert the file to an uncompressed one.")
    if e.photometric not in (GREYS if e.samples == 1 else COLOURS) or e.samples not in (1, 3):
        what = f"has {e.samples} samples a pixel as {e.photometric}, which is no kind of image that is read"
        raise refuse(file, what, "Export it as grey or RGB.")
    if e.keyword in FLOATS:
        if e.allocated != 8 * FLOATS[e.keyword].itemsize or e.samples != 1:
            raise refuse(file, f"has {e.keyword} of {e.allocated} bits and {e.samples} samples", AGAIN)
        return
    if e.allocated not in (1, 8, 16, 32) or not 1 <= e.stored <= e.allocated or high_bit != e.stored - 1:
        what = f"stores numbers of {e.stored} bits in {e.allocated}, the highest being bit {high_bit}"
        raise refuse(file, what, "Convert it with a DICOM tool to 8 or 16 bits.")


def _refuse_more_than_there_is(encoding: Encoding, element: Element, size: int, file: DicomFile) -> None:
    e = encoding
    numbers = e.rows * e.columns * e.samples * e.frames
    declared = math.ceil(numbers * e.allocated / 8)
    there = max(0, size - e.offset)
    if e.is_compressed:
        if e.frames * 8 > there or declared > there * MOST_RATIO:
            what = f"is cut short or has a false header: {there} bytes can not hold {e.frames} frames"
            raise refuse(file, f"{what} of {e.rows}x{e.columns}", AGAIN)
        return
    if element.length != UNDEFINED:
        there = min(there, element.length)
    if e.photometric == "YBR_FULL_422":  # two pixels share their colour
        declared = declared // 3 * 2
    if declared > there:
        what = f"is cut short or has a false header: it declares {declared} bytes of pixels and holds {there}"
        raise refuse(file, what, AGAIN)
