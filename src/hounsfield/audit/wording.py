"""Files, cases and numbers in words."""

from __future__ import annotations

from collections.abc import Sequence

SHOWN = 4


def several(names: Sequence[str]) -> str:
    """The first name, and how many more there are."""
    return names[0] if len(names) == 1 else f"{names[0]} and {len(names) - 1} more"


def listed(names: Sequence[str]) -> str:
    """The names with commas, the first few of many."""
    more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
    return ", ".join(names[:SHOWN]) + more


def percent(share: float) -> str:
    """A share as people say it: "10 %", "0.4 %"."""
    return f"{100 * share:.2g} %" if share < 0.1 else f"{100 * share:.0f} %"
