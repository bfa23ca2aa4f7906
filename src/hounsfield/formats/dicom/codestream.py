"""The size that a compressed frame says of itself: decoders take memory by it, whatever the DICOM header declares.

Sources: ITU-T T.81 B.2.2 (JPEG), T.87 C.2.2 (JPEG-LS), T.800 A.5.1 (JPEG 2000).
"""

from __future__ import annotations

START_JPEG = b"\xff\xd8"
START_2000 = b"\xff\x4f\xff\x51"
FRAMES = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
"""Second bytes of the markers that begin a frame; C4, C8 and CC mean something else."""

BARE = frozenset({0x01, *range(0xD0, 0xD8)})
"""Second bytes of the markers without a length."""


def declared_size(data: bytes) -> tuple[int, int] | None:
    """(rows, columns) by the codestream; None where it is no JPEG of any kind, or does not say."""
    start = data.find(START_2000, 0, 4096)  # some files keep it inside the boxes of a JP2 file
    if start >= 0:
        return _size_2000(data[start + 4 : start + 24])
    return _size_jpeg(data) if data[:2] == START_JPEG else None


def _size_2000(data: bytes) -> tuple[int, int] | None:
    if len(data) < 20:
        return None
    right, bottom, left, top = (int.from_bytes(data[at : at + 4], "big") for at in range(4, 20, 4))
    return bottom - top, right - left


def _size_jpeg(data: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(data):
        if data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker == 0xFF:  # fill
            at += 1
        elif marker in BARE:
            at += 2
        elif marker in FRAMES:
            return int.from_bytes(data[at + 5 : at + 7], "big"), int.from_bytes(data[at + 7 : at + 9], "big")
        else:
            at += 2 + max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
    return None
