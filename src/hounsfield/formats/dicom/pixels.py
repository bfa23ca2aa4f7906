"""The numbers of a file's frames in real units, frame by frame.

Grey is one channel, colour three (RGB, palettes and YBR turned into it). MONOCHROME1 is inverted, since it means the
same picture drawn in negative; not so where the numbers are measured (CT, PET, a rescaling that names its unit).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from hounsfield.formats.dicom.codestream import declared_size
from hounsfield.formats.dicom.decoding import unpack
from hounsfield.formats.dicom.elements import AGAIN, in_short
from hounsfield.formats.dicom.encoding import FLOATS, Encoding
from hounsfield.formats.dicom.file import Bounded
from hounsfield.formats.dicom.frames import Frame
from hounsfield.formats.dicom.header import Header
from hounsfield.values import Refused, refuse


def channels_of(header: Header) -> int:
    """Number of channels that the file's frames become."""
    return 3 if header.palette is not None else header.encoding.samples


def dtype_of(header: Header) -> np.dtype[Any]:
    """Type of the numbers in real units: as stored, or float32 (float64 for more than 16 bits) where rescaled."""
    if header.palette is not None:
        return header.palette.colours.dtype
    stored = header.encoding.dtype
    if all((frame.slope, frame.intercept) == (1.0, 0.0) for frame in header.frames):
        return stored
    return np.result_type(stored, np.float32)


def read_frames(header: Header, frames: Iterable[Frame]) -> Iterator[NDArray[Any]]:
    """(C, rows, columns) of each of these frames in real units. Refuses what can not be decoded."""
    with header.file.open() as stream:
        for frame in frames:
            yield _real(header, frame, _stored(header, stream, frame.index))


def _stored(header: Header, stream: Bounded, index: int) -> NDArray[Any]:
    """(rows, columns[, 3]) as stored, colours in RGB."""
    encoding = header.encoding
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if encoding.is_compressed:
                frame = _packed(header, stream, index)
                array = unpack(encoding.syntax, encoding.decoder, encoding.options(frames=1), frame)
            elif encoding.allocated == 1:
                array = _bits(encoding, stream, index)
            else:
                stream.seek(encoding.offset)
                decoder = get_decoder(UID(encoding.syntax))
                array, _ = decoder.as_array(cast(Any, stream), index=index, **encoding.options(encoding.frames))
    except Refused:
        raise
    except Exception as error:  # over damaged data a decoder raises whatever it happens upon
        what = f"has pixels that can not be decoded, frame {index + 1} of {encoding.frames} ({in_short(error)})"
        remedy = "Copy it again from where it came from, or convert it with a DICOM tool to Explicit VR Little Endian."
        raise refuse(header.file, what, remedy) from None
    expected = (encoding.rows, encoding.columns) + ((encoding.samples,) if encoding.samples > 1 else ())
    if array.shape != expected:
        raise refuse(header.file, f"decodes to {array.shape} where {expected} is declared", AGAIN)
    return _without_stray_bits(encoding, array)


def _bits(encoding: Encoding, stream: Bounded, index: int) -> NDArray[np.uint8]:
    """(rows, columns) of a frame of single bits, which may begin and end inside a byte."""
    count = encoding.rows * encoding.columns
    first, before = divmod(index * count, 8)
    stream.seek(encoding.offset + first)
    packed = np.frombuffer(stream.read(-(-(before + count) // 8)), np.uint8)
    return np.unpackbits(packed, bitorder="little")[before : before + count].reshape(encoding.rows, encoding.columns)


def _packed(header: Header, stream: Bounded, index: int) -> bytes:
    """A compressed frame. Refuses one that is cut short, since decoders fill it up, or that states another size."""
    encoding = header.encoding
    stream.seek(encoding.offset)
    tables = cast(Any, encoding.tables)
    data = get_frame(cast(Any, stream), index, number_of_frames=encoding.frames, extended_offsets=tables)
    if stream.is_cut:
        raise refuse(header.file, f"is cut short inside its compressed frame {index + 1} of {encoding.frames}", AGAIN)
    size = declared_size(data)
    if size is not None and size != (encoding.rows, encoding.columns):
        what = f"declares {encoding.rows} rows and {encoding.columns} columns, but its compressed frame {index + 1}"
        raise refuse(header.file, f"{what} says {size[0]} and {size[1]}", AGAIN)
    return data


def _without_stray_bits(encoding: Encoding, array: NDArray[Any]) -> NDArray[Any]:
    """The numbers alone: old files keep overlays in the bits above them, and signs may lack their copies there."""
    if encoding.keyword in FLOATS or encoding.allocated == 1:
        return array
    numbers = array.astype(encoding.dtype)  # a copy in the machine's own order of bytes
    unused = 8 * numbers.dtype.itemsize - encoding.stored
    return numbers if unused == 0 else (numbers << unused) >> unused


def _real(header: Header, frame: Frame, stored: NDArray[Any]) -> NDArray[Any]:
    """(C, rows, columns) in real units."""
    palette = header.palette
    if palette is not None:
        places = np.clip(stored.astype(np.int64) - palette.first, 0, len(palette.colours) - 1)
        return np.moveaxis(palette.colours[places], -1, 0)
    encoding = header.encoding
    if encoding.photometric == "MONOCHROME1" and not header.is_measured and encoding.keyword not in FLOATS:
        low = -(2 ** (encoding.stored - 1)) if encoding.is_signed else 0
        stored = (2 * low + 2**encoding.stored - 1 - stored.astype(np.int64)).astype(stored.dtype)
    dtype = dtype_of(header)
    if dtype != stored.dtype or (frame.slope, frame.intercept) != (1.0, 0.0):
        stored = (stored * np.float64(frame.slope) + frame.intercept).astype(dtype)
    return stored[None] if stored.ndim == 2 else np.moveaxis(stored, -1, 0)
