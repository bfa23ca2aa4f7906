"""Annotations of a WFDB record (.atr and the like, MIT format): beats, changes of rhythm, notes.

Each is a pair of bytes: six bits of code, ten of samples since the one before. Codes from 59 on change the time
(SKIP) or add to the annotation before them (NUM, SUB, CHN, AUX).
Source: the WFDB Applications Guide, annot(5), and ecgcodes.h.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hounsfield.formats.files import read_bytes
from hounsfield.formats.wfdb_header import AGAIN
from hounsfield.values import MiB, Timeline, refuse

LIMIT = 4 * MiB
SKIP, NUM, SUB, CHN, AUX = 59, 60, 61, 62, 63
LAST_CODE = 49
SYMBOLS = dict(enumerate("NLRaVFJASEj/Q~", start=1)) | {
    16: "|", 18: "s", 19: "T", 20: "*", 21: "D", 22: '"', 23: "=", 24: "p", 25: "B", 26: "^", 27: "t", 28: "+",
    29: "u", 30: "?", 31: "!", 32: "[", 33: "]", 34: "e", 35: "n", 36: "@", 37: "x", 38: "f", 39: "(", 40: ")", 41: "r",
}  # fmt: skip

BEATS = frozenset("NLRBAaJSVrFejnE/fQ?")
"""The symbols of beats; all others mark rhythm, quality, waves or notes."""

RHYTHM, NOTE = "+", '"'
RESOLUTION = "## time resolution:"


@dataclass(frozen=True, eq=False)
class Annotations:
    """Marks on a record, in the file's order: sample, symbol, and text (of a rhythm or a note) of each.

    rate: samples a second, where the file states one of its own.
    """

    samples: NDArray[np.int64]
    symbols: tuple[str, ...]
    texts: tuple[str, ...]
    rate: float | None = None

    def __len__(self) -> int:
        return len(self.symbols)

    def beats(self, rate: float) -> Timeline:
        """The beats by their symbols, at their times in seconds. rate: of the record."""
        places = [place for place, symbol in enumerate(self.symbols) if symbol in BEATS]
        return self._timeline(places, [self.symbols[place] for place in places], rate)

    def rhythm(self, rate: float) -> Timeline:
        """The rhythm that begins at each time in seconds: N, AFIB, B (bigeminy) ... rate: of the record."""
        places = [place for place, symbol in enumerate(self.symbols) if symbol == RHYTHM]
        return self._timeline(places, [self.texts[place].removeprefix("(") for place in places], rate)

    def _timeline(self, places: list[int], labels: Sequence[str], rate: float) -> Timeline:
        times = self.samples[places] / (self.rate or rate)
        order = np.argsort(times, kind="stable")  # the format allows marks of several signals out of order
        return Timeline(times[order], tuple(labels[at] for at in order))


def read_annotations(path: Path) -> Annotations:
    """The annotations of a file. Refuses one that ends without its end mark, or holds codes that do not exist."""
    data = read_bytes(Path(path), limit=LIMIT)
    samples, symbols, texts = list[int](), list[str](), list[str]()
    at = now = 0
    while True:
        word = _word(path, data, at)
        at += 2
        code, low = word >> 10, word & 0x3FF
        if word == 0:
            break
        if code == SKIP:
            skipped = _word(path, data, at) << 16 | _word(path, data, at + 2)
            now += skipped - 2**32 if skipped >= 2**31 else skipped
            at += 4
        elif code == AUX:
            if at + low > len(data) or not texts:
                raise refuse(path, "is cut short or damaged: a text has no end, or no mark before it", AGAIN)
            texts[-1] = data[at : at + low].split(b"\0")[0].decode("utf-8", "replace").strip()
            at += low + low % 2
        elif code == 0:  # no mark: programs pass over time with it
            now += low
        elif code <= LAST_CODE:
            now += low
            if now < 0:
                raise refuse(path, "has a mark before the beginning of its record", AGAIN)
            samples.append(now)
            symbols.append(SYMBOLS.get(code, f"[{code}]"))
            texts.append("")
        elif code not in (NUM, SUB, CHN):
            raise refuse(path, f"is no annotation file: it holds the code {code} at byte {at - 2}", AGAIN)
    return _without_resolution(Annotations(np.array(samples, np.int64), tuple(symbols), tuple(texts)))


def _word(path: Path, data: bytes, at: int) -> int:
    if at + 2 > len(data):
        raise refuse(path, "is cut short: it ends without its end mark", AGAIN)
    return int.from_bytes(data[at : at + 2], "little")


def _without_resolution(found: Annotations) -> Annotations:
    """Newer programs state the rate of the file in a note before all others."""
    if not len(found) or found.symbols[0] != NOTE or not found.texts[0].startswith(RESOLUTION):
        return found
    try:
        rate = float(found.texts[0].removeprefix(RESOLUTION))
    except ValueError:
        return found
    return Annotations(found.samples[1:], found.symbols[1:], found.texts[1:], rate if 0 < rate < np.inf else None)
