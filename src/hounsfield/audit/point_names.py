"""Names of points as different files write them, and the order they stand in."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

Names = tuple[str, ...]

FEWEST = 5  # files from which on it is known what is usual
RARE, COMMON = 0.1, 0.5  # shares of the files


def misspelt(files: Sequence[Names]) -> dict[int, dict[str, str]]:
    """File -> name as it stands there -> the name that other files give the same point.

    A name is misspelt when hardly any file has it and it differs from a common one, missing there, in nothing but
    blanks, signs or capitals.
    """
    if len(files) < FEWEST:
        return {}
    counts = Counter(name for names in files for name in set(names))
    common = {plain(name): name for name, count in counts.items() if count >= COMMON * len(files)}
    found: dict[int, dict[str, str]] = {}
    for number, names in enumerate(files):
        for name in names:
            usual = common.get(plain(name))
            if usual is not None and usual not in names and counts[name] <= RARE * len(files):
                found.setdefault(number, {})[name] = usual
    return found


def reordered(files: Sequence[Names]) -> dict[int, tuple[str, str]]:
    """File -> the first name that stands where all other files have another, and that other."""
    orders = Counter(tuple(map(plain, names)) for names in files)
    found = {}
    for number, names in enumerate(files):
        own = tuple(map(plain, names))
        alike = {order: count for order, count in orders.items() if sorted(order) == sorted(own)}
        usual = max(alike, key=alike.__getitem__)
        if sum(alike.values()) >= FEWEST and own != usual and alike[usual] >= (1 - RARE) * sum(alike.values()):
            found[number] = next((a, b) for a, b in zip(own, usual, strict=True) if a != b)
    return found


def plain(name: str) -> str:
    """A name without signs, blanks and capitals."""
    return re.sub(r"[\W_]+", "", name).casefold() or name
