"""Ways in which a file goes bad: on the wire, on the disk, in an editor, by an enemy."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

Mutation = Callable[[bytes, np.random.Generator], bytes]


def cut(share: float) -> Mutation:
    return lambda data, rng: data[: int(len(data) * share)]


def without_the_last(data: bytes, rng: np.random.Generator) -> bytes:
    return data[:-1]


def emptied(data: bytes, rng: np.random.Generator) -> bytes:
    return b""


def bits_flipped(within: int | None, count: int = 1) -> Mutation:
    """Bits flipped in the first so many bytes, or anywhere."""

    def mutate(data: bytes, rng: np.random.Generator) -> bytes:
        changed = bytearray(data)
        for at in rng.integers(0, min(len(data), within or len(data)), count):
            changed[at] ^= 1 << int(rng.integers(8))
        return bytes(changed)

    return mutate


def filled(value: int, within: int, length: int) -> Mutation:
    """A run of the first bytes overwritten."""

    def mutate(data: bytes, rng: np.random.Generator) -> bytes:
        start = int(rng.integers(0, max(1, min(len(data), within) - length)))
        return data[:start] + bytes([value]) * min(length, len(data) - start) + data[start + length :]

    return mutate


def scrambled(within: int, length: int) -> Mutation:
    def mutate(data: bytes, rng: np.random.Generator) -> bytes:
        start = int(rng.integers(0, max(1, min(len(data), within) - length)))
        return data[:start] + rng.bytes(min(length, len(data) - start)) + data[start + length :]

    return mutate


def inserted(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: len(data) // 3] + rng.bytes(7) + data[len(data) // 3 :]


def removed(data: bytes, rng: np.random.Generator) -> bytes:
    return data[: len(data) // 3] + data[len(data) // 3 + 5 :]


def prolonged(data: bytes, rng: np.random.Generator) -> bytes:
    return data + b"\0" * 1000


def doubled(data: bytes, rng: np.random.Generator) -> bytes:
    return data + data


def bytes_swapped(data: bytes, rng: np.random.Generator) -> bytes:
    """The first 400 bytes with each four the other way round."""
    head = data[: min(400, len(data)) // 4 * 4]
    return np.frombuffer(head, "<u4").astype(">u4").tobytes() + data[len(head) :]


def nines(data: bytes, rng: np.random.Generator) -> bytes:
    """Every digit in the first 2000 bytes a nine: sizes and places that can not be, where a header is text."""
    return re.sub(rb"\d", b"9", data[:2000]) + data[2000:]


def negative(data: bytes, rng: np.random.Generator) -> bytes:
    """A minus sign before each number that stands alone in the first 2000 bytes."""
    return re.sub(rb"(?<=[\s,:\[>])(\d)", rb"-\1", data[:2000]) + data[2000:]


def noise(data: bytes, rng: np.random.Generator) -> bytes:
    return rng.bytes(len(data))


def prose(data: bytes, rng: np.random.Generator) -> bytes:
    return b"This is not what its name says.\n" * 30


MUTATIONS: dict[str, Mutation] = {
    "cut-10": cut(0.1),
    "cut-50": cut(0.5),
    "cut-90": cut(0.9),
    "cut-last": without_the_last,
    "empty": emptied,
    "bit-64": bits_flipped(64),
    "bit-400": bits_flipped(400),
    "bits-400": bits_flipped(400, 12),
    "bit-anywhere": bits_flipped(None),
    "bits-anywhere": bits_flipped(None, 20),
    "ones": filled(0xFF, 400, 8),
    "ones-long": filled(0xFF, 400, 64),
    "zeros": filled(0, 400, 16),
    "scrambled": scrambled(400, 8),
    "inserted": inserted,
    "removed": removed,
    "prolonged": prolonged,
    "doubled": doubled,
    "swapped": bytes_swapped,
    "nines": nines,
    "negative": negative,
    "noise": noise,
    "prose": prose,
}
