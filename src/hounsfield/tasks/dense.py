"""What several dense models say together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from hounsfield.values import Dense, refuse

WHO = "the members of the ensemble"

Slab = tuple[int, int, NDArray[np.float32]]


def joint(members: Sequence[Dense]) -> Dense:
    """The mean of the members' probabilities, slab by slab, channels in the first member's order.

    Raises Refused where they answer on different grids or tell different things.
    """
    first = members[0]
    if len(members) == 1:
        return first
    for other in members[1:]:
        if other.grid != first.grid:
            raise refuse(WHO, "answer on different grids", "Join models of the same input.")
        if set(other.channels) != set(first.channels) or other.labels != first.labels:
            what = f"tell {', '.join(first.channels)} and {', '.join(other.channels)}"
            raise refuse(WHO, what, "Join models that were trained for the same labels.")
    orders = [[member.channels.index(name) for name in first.channels] for member in members]

    def slabs() -> Iterator[Slab]:
        for start, stop, together in _aligned([member.slabs() for member in members]):
            total = np.zeros_like(together[0])
            for slab, order in zip(together, orders, strict=True):
                total += slab[order]
            yield start, stop, total / np.float32(len(members))

    return Dense(first.grid, first.channels, first.labels, slabs)


def _aligned(streams: Sequence[Iterator[Slab]]) -> Iterator[tuple[int, int, list[NDArray[np.float32]]]]:
    """The same elements of each stream, wherever each of them is cut: (start, stop, a slab of each)."""
    current = [next(stream, None) for stream in streams]
    at = 0
    while all(slab is not None for slab in current):
        held = [slab for slab in current if slab is not None]
        stop = min(end for _, end, _ in held)
        yield at, stop, [slab[:, at - start : stop - start] for start, _, slab in held]
        current = [
            next(stream, None) if end == stop else slab
            for stream, slab, (_, end, _) in zip(streams, current, held, strict=True)
        ]
        at = stop
