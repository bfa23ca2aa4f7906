"""A picture for a page: what every figure gives."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Picture:
    """A picture with a title and a sentence about what is seen: PNG bytes or SVG text."""

    title: str
    caption: str
    png: bytes | None = None
    svg: str | None = None
