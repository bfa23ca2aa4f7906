"""Times in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hounsfield.values.wording import count


def duration(seconds: float) -> str:
    """ "45 seconds", "2.5 minutes"."""
    return f"{seconds:.0f} seconds" if seconds < 90 else f"{seconds / 60:.1f} minutes"


def lasted(measured: Mapping[str, Any]) -> str:
    """How long a training took, and how many steps it did, where it counts them."""
    steps = measured.get("steps")
    return duration(measured["seconds"]) + ("" if steps is None else f" ({count(steps, 'step')} done)")
