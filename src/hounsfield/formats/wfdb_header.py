"""The header of a WFDB record (.hea): its signals, where their samples are, and what its comments say.

Source: the WFDB Applications Guide, header(5).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path

from hounsfield.formats.files import read_bytes
from hounsfield.values import MiB, refuse

LIMIT = 1 * MiB
DEFAULT_RATE = 250.0
DEFAULT_GAIN = 200.0
DEFAULT_UNIT = "mV"
AGAIN = "Download it again from where it came from."

NUMBER = r"[+-]?[\d.]+(?:[eE][+-]?\d+)?"
RATE = re.compile(rf"({NUMBER})(?:/.*)?")  # the counter's frequency may follow
FORMAT = re.compile(r"(\d+)(?:x(\d+))?(?::(\d+))?(?:\+(\d+))?")  # samples a frame, skew, bytes to pass over
GAIN = re.compile(rf"({NUMBER})(?:\(([+-]?\d+)\))?(?:/(\S+))?")  # baseline, unit


@dataclass(frozen=True)
class Signal:
    """One signal: name and unit, the file and format of its samples, and how they become real units.

    frame: samples in a frame (each signal has one unless its rate is higher).  skew: by so many frames its samples
    come late.  offset: bytes of the file before the first sample.  A sample s means (s - baseline) / gain.
    """

    name: str
    unit: str
    file: str
    format: int
    frame: int
    skew: int
    offset: int
    gain: float
    baseline: int


@dataclass(frozen=True)
class Header:
    """A record: rate in frames a second, number of frames (None: as many as there are), signals, comments."""

    path: Path
    rate: float
    frames: int | None
    signals: tuple[Signal, ...]
    comments: tuple[str, ...]

    def file(self, signal: Signal) -> Path:
        """Where a signal's samples are: always in the header's own folder."""
        return self.path.parent / signal.file


def read_header(path: Path) -> Header:
    """The header of a record. Refuses records of several segments, and files outside the header's folder."""
    path = Path(path)
    text = read_bytes(path, limit=LIMIT).decode("utf-8", "replace")
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), start=1) if line.strip()]
    comments = tuple(line.lstrip("#").strip() for _, line in lines if line.startswith("#"))
    stated = [(f"{path}, line {number}", line) for number, line in lines if not line.startswith("#")]
    if not stated:
        raise refuse(path, "names no record", AGAIN)
    count, rate, frames = _record(*stated[0])
    if count != len(stated) - 1:
        raise refuse(path, f"declares {count} signals and describes {len(stated) - 1}", AGAIN)
    signals = [_signal(where, line, number) for number, (where, line) in enumerate(stated[1:], start=1)]
    return Header(path, rate, frames, tuple(signals), comments)


def _record(where: str, line: str) -> tuple[int, float, int | None]:
    """Number of signals, rate and number of frames, from `100 2 360 650000`."""
    name, *fields = line.split()
    if "/" in name:
        raise refuse(where, "is a record of several segments, which are not joined", "Name the segments' own headers.")
    rate = RATE.fullmatch(fields[1]) if len(fields) > 1 else None
    frames = fields[2] if len(fields) > 2 else "0"
    if not fields or not _is_count(fields[0]) or (len(fields) > 1 and rate is None) or not _is_count(frames):
        raise refuse(where, f"is no line of a record, such as '100 2 360 650000': {line[:40]!r}", AGAIN)
    per_second = DEFAULT_RATE if rate is None else _number(where, rate[1])
    if not per_second > 0:
        raise refuse(where, f"has a rate of {per_second:g} samples a second", "State the rate it was recorded at.")
    return int(fields[0]), per_second, int(frames) or None


def _signal(where: str, line: str, number: int) -> Signal:
    """The signal of `100.dat 212 200 11 1024 995 -22131 0 MLII`; everything after the format may be missing."""
    fields = line.split(None, 8)
    form = FORMAT.fullmatch(fields[1]) if len(fields) > 1 else None
    gain = GAIN.fullmatch(fields[2]) if len(fields) > 2 else None
    zero = fields[4] if len(fields) > 4 else "0"
    if form is None or (len(fields) > 2 and gain is None) or not re.fullmatch(r"[+-]?\d{1,12}", zero):
        raise refuse(where, f"is no line of a signal, such as '100.dat 212 200 11 1024': {line[:40]!r}", AGAIN)
    kind, frame, skew, offset = (_count(where, part) for part in form.groups(default="0"))
    baseline = zero if gain is None or gain[2] is None else gain[2]
    return Signal(
        name=fields[8].strip() if len(fields) > 8 else f"signal_{number}",
        unit=DEFAULT_UNIT if gain is None or gain[3] is None else gain[3],
        file=_plain_name(where, fields[0]),
        format=kind,
        frame=frame or 1,
        skew=skew,
        offset=offset,
        gain=DEFAULT_GAIN if gain is None else _number(where, gain[1]) or DEFAULT_GAIN,
        baseline=_count(where, baseline.lstrip("+-")) * (-1 if baseline.startswith("-") else 1),
    )


def _plain_name(where: str, name: str) -> str:
    if "/" in name or "\\" in name or "\0" in name or name in (".", ".."):
        raise refuse(where, f"names the file {name[:60]!r}, outside its folder", "Keep its files beside the header.")
    return name


def _is_count(text: str) -> bool:
    return re.fullmatch(r"\d{1,12}", text) is not None


def _count(where: str, text: str) -> int:
    if not _is_count(text):
        raise refuse(where, f"has the number {text[:20]!r}, which can not be", AGAIN)
    return int(text)


def _number(where: str, text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise refuse(where, f"has {text!r}, where a number is needed", AGAIN)
    return value
