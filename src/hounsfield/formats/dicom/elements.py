"""Elements of a data set, read with distrust: each is what the standard says, or absent, or a refusal."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from hounsfield.values import Refused, refuse

ITEM = (b"\xfe\xff\x00\xe0", b"\xff\xfe\xe0\x00")
"""How a part of a sequence begins, in either order of bytes."""

MOST_ITEMS = 2**17
AGAIN = "Copy or export it again from where it came from."


def value_of(dataset: Dataset, keyword: str, where: object) -> Any:
    """The value of an element; None where it is missing or empty. Refuses one that can not be read."""
    try:
        value = dataset.get(keyword)
        return None if value is None or (hasattr(value, "__len__") and len(value) == 0) else value
    except Exception as error:  # a damaged value makes pydicom raise whatever it happens upon
        raise refuse(where, f"has an unreadable {keyword} ({in_short(error)})", AGAIN) from None


def numbers(dataset: Dataset, keyword: str, count: int, where: object) -> tuple[float, ...] | None:
    """So many finite numbers; None where the element is missing or empty. Refuses anything else."""
    value = value_of(dataset, keyword, where)
    if value is None:
        return None
    try:
        found = tuple(float(one) for one in (value if isinstance(value, (MultiValue, list, tuple)) else [value]))
    except (TypeError, ValueError):
        found = ()
    if len(found) != count or not all(map(math.isfinite, found)):
        what = f"has the {keyword} {in_short(value)}, where {count} finite number{'s' * (count > 1)} should be"
        raise refuse(where, what, AGAIN)
    return found


def number(dataset: Dataset, keyword: str, where: object) -> float | None:
    """A finite number; None where the element is missing or empty."""
    found = numbers(dataset, keyword, 1, where)
    return None if found is None else found[0]


def whole(dataset: Dataset, keyword: str, where: object, default: int) -> int:
    """A whole number, or `default` where the element is missing or empty."""
    found = number(dataset, keyword, where)
    if found is not None and found != int(found):
        raise refuse(where, f"has the {keyword} {found}, where a whole number should be", AGAIN)
    return default if found is None else int(found)


def hint(dataset: Dataset, keyword: str) -> float | None:
    """A number that only helps to tell slices apart; None where there is none that can be read."""
    try:
        return number(dataset, keyword, "")
    except Refused:
        return None


def word(dataset: Dataset, keyword: str, where: object) -> str:
    """A text on one line; "" where the element is missing or empty."""
    return "\\".join(words(dataset, keyword, where))


def words(dataset: Dataset, keyword: str, where: object) -> tuple[str, ...]:
    """The texts of an element, each on one line."""
    value = value_of(dataset, keyword, where)
    if value is None:
        return ()
    several = value if isinstance(value, (MultiValue, list, tuple)) else [value]
    return tuple(" ".join(str(one).replace("\0", " ").split()) for one in several)


def items(dataset: Dataset, keyword: str, where: object) -> list[Dataset]:
    """The data sets of a sequence; none where it is missing, empty, or no sequence."""
    raw = dataset.get_item(keyword, keep_deferred=True)
    packed = getattr(raw, "value", None)
    if isinstance(packed, bytes) and max(map(packed.count, ITEM)) > MOST_ITEMS:
        raise refuse(where, f"has more than {MOST_ITEMS} parts in its {keyword}", AGAIN)
    value = value_of(dataset, keyword, where)
    if not isinstance(value, Sequence):
        return []
    return [item for item in value if isinstance(item, Dataset)]


def in_short(said: object) -> str:
    """The beginning of what a library said, or of a value, in a length that fits into a sentence."""
    line = " ".join(str(said).split()) or type(said).__name__
    return line if len(line) <= 120 else f"{line[:117]}..."
