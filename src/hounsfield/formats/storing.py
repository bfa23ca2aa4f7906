"""Numbers to be put behind a header: of a type that the format knows, slice by slice."""

from __future__ import annotations

from collections.abc import Container, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray


def storable(channels: NDArray[Any], codes: Container[str]) -> tuple[NDArray[Any], str]:
    """Numbers and their type's code, such as i2: as they are where the format knows it, else as u1 or f4.

    codes: those that the format knows.
    """
    code = channels.dtype.str[1:]
    if code in codes:
        return channels, code
    code = "u1" if code == "b1" else "f4"
    return channels.astype(code), code


def bytes_of(channels: NDArray[Any], code: str) -> Iterator[bytes]:
    """The bytes of (C, i, j, k), little end first, the first axis fastest; one slice is copied at a time."""
    for k in range(channels.shape[-1]):
        yield np.asarray(channels[..., k], f"<{code}").tobytes(order="F")
