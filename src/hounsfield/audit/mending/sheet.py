"""The boxes of one file as the file itself has them, so that single ones can be mended and all else stays as it is."""

from __future__ import annotations

from collections.abc import Callable, Set
from dataclasses import dataclass
from typing import Any, NamedTuple

Span = tuple[float, float]


class Entry(NamedTuple):
    """One box. name: how the file counts it.  picture, label: compared only.  x, y: outer edges, low and high.

    turned: the axes along which its corners are exchanged in the file; x and y have them the right way.  is_empty:
    whether it has no width or no height, so that reading ignores it.  rest: all else that is said of it.
    """

    name: str
    picture: Any
    label: Any
    x: Span
    y: Span
    turned: tuple[str, ...]
    is_empty: bool
    rest: Any


@dataclass(frozen=True)
class Sheet:
    """The boxes of a file in its order.

    edited: takes the places of those whose corners are to be exchanged and of those to be left out, and gives the
    bytes of the file then.
    """

    entries: tuple[Entry, ...]
    edited: Callable[[Set[int], Set[int]], bytes]


def spliced(text: str, changes: dict[tuple[int, int], str]) -> str:
    """A text with some of its parts, from start to stop, replaced; the parts do not overlap."""
    parts, at = [], 0
    for (start, stop), new in sorted(changes.items()):
        parts += [text[at:start], new]
        at = stop
    return "".join([*parts, text[at:]])
