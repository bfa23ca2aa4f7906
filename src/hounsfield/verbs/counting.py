"""Counts and times in words."""

from __future__ import annotations


def count(number: int, noun: str) -> str:
    """ "1 case", "2 cases"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def duration(seconds: float) -> str:
    """ "45 seconds", "2.5 minutes"."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.1f} minutes"
