"""The samples of a WFDB record in real units: formats 16, 24, 32, 61, 80, 160 and 212.

Each format keeps its lowest code for "no sample here", which becomes NaN.
Source: the WFDB Applications Guide, signal(5).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import size_of
from hounsfield.formats.wfdb_header import AGAIN, Header, Signal, read_header
from hounsfield.values import Series, refuse

BITS = {16: 16, 24: 24, 32: 32, 61: 16, 80: 8, 160: 16, 212: 12}
MISSING = {name: -(2 ** (bits - 1)) for name, bits in BITS.items()}


def read_signals(path: Path) -> Series:
    """The signals of the record whose header is `path`, times in seconds from its beginning.

    Refuses formats that are not known here, signals of different rates, and files with fewer samples than declared.
    """
    header = read_header(path)
    if not header.signals:
        raise refuse(path, "has no signals", "It may belong to annotations alone.")
    frame = header.signals[0].frame
    other = next((signal for signal in header.signals if signal.frame != frame), None)
    if other is not None:
        what = f"has signals of different rates: {frame} and {other.frame} samples a frame ({other.name})"
        raise refuse(path, what, "Bring them to one rate first, by xform of the WFDB tools.")
    groups: dict[str, list[int]] = {}
    for place, signal in enumerate(header.signals):
        groups.setdefault(signal.file, []).append(place)
    read = {file: _samples(header, [header.signals[place] for place in places]) for file, places in groups.items()}
    lengths = {len(samples) for samples in read.values()}
    if len(lengths) > 1:
        raise refuse(path, f"has files of different lengths, {min(lengths)} and {max(lengths)} samples", AGAIN)
    values = np.empty((lengths.pop(), len(header.signals)), np.float32)
    for file, places in groups.items():
        for column, place in enumerate(places):
            values[:, place] = _real(read[file][:, column], header.signals[place])
    times = np.arange(len(values)) / (header.rate * frame)
    return Series(times, values, _told_apart([signal.name for signal in header.signals]), "s")


def _samples(header: Header, signals: Sequence[Signal]) -> NDArray[np.signedinteger]:
    """The stored samples (T, C) of the signals that share a file. What the header promises must be there."""
    first, path = signals[0], header.file(signals[0])
    if any((signal.format, signal.offset) != (first.format, first.offset) for signal in signals):
        raise refuse(header.path, f"gives two formats for the one file {first.file}", AGAIN)
    if first.format not in BITS:
        known = ", ".join(map(str, BITS))
        raise refuse(header.path, f"has samples in format {first.format}", f"Formats {known} can be read.")
    there = max(0, size_of(path) - first.offset) * 8 // BITS[first.format]
    in_frame = len(signals) * first.frame
    frames = there // in_frame if header.frames is None else header.frames
    count = frames * in_frame
    if count > there:
        what = f"is cut short: it holds {there // in_frame} of the {frames} samples that {header.path.name} declares"
        raise refuse(path, what, AGAIN)
    try:
        data = np.fromfile(path, np.uint8, -(-count * BITS[first.format] // 8), offset=first.offset)
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", "Check the permissions of the file.") from None
    samples = DECODE[first.format](data)[:count].reshape(frames, len(signals), first.frame)
    return samples.transpose(0, 2, 1).reshape(frames * first.frame, len(signals))


def _real(samples: NDArray[np.signedinteger], signal: Signal) -> NDArray[np.float64]:
    """One signal's samples in its unit, NaN where there is none; a skewed one is moved to where it belongs."""
    values = (samples.astype(np.float64) - signal.baseline) / signal.gain
    values[samples == MISSING[signal.format]] = np.nan
    late = min(signal.skew * signal.frame, len(values))
    return values if not late else np.concatenate([values[late:], np.full(late, np.nan)])


def _pairs_of_12_bits(data: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Three bytes hold two samples: the low bytes of both stand outside, their high halves share the middle one."""
    triples = np.pad(data, (0, -len(data) % 3)).reshape(-1, 3).astype(np.int16)
    first = triples[:, 0] | (triples[:, 1] & 0x0F) << 8
    second = triples[:, 2] | (triples[:, 1] & 0xF0) << 4
    return _signed(np.stack([first, second], axis=1).reshape(-1), 12)


def _of_24_bits(data: NDArray[np.uint8]) -> NDArray[np.int32]:
    low, middle, high = data.reshape(-1, 3).astype(np.int32).T
    return _signed(low | middle << 8 | high << 16, 24)


def _signed(values: NDArray[Any], bits: int) -> NDArray[Any]:
    """Two's complement of so many bits, as the numbers they mean."""
    return (values ^ (1 << bits - 1)) - (1 << bits - 1)


DECODE: dict[int, Callable[[NDArray[np.uint8]], NDArray[np.signedinteger]]] = {
    16: lambda data: data.view("<i2"),
    24: _of_24_bits,
    32: lambda data: data.view("<i4"),
    61: lambda data: data.view(">i2"),
    80: lambda data: data.astype(np.int16) - 128,
    160: lambda data: data.view("<u2").astype(np.int32) - 2**15,
    212: _pairs_of_12_bits,
}


def _told_apart(names: Sequence[str]) -> tuple[str, ...]:
    """The names, numbered where several signals share one: ECG, ECG_2."""
    told: dict[str, None] = {}
    seen = Counter[str]()
    for name in names:
        unique = name
        while unique in told or not seen[name]:
            seen[name] += 1
            unique = name if seen[name] == 1 else f"{name}_{seen[name]}"
        told[unique] = None
    return tuple(told)
