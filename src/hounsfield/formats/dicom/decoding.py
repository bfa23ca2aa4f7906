"""Unpacking one compressed frame, in a process apart where the decoder may not survive damaged data.

GDCM is the only decoder for lossless JPEG and JPEG-LS, and there are files that make it end the process it runs in.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.encaps import encapsulate
from pydicom.pixels.decoders.base import get_decoder
from pydicom.uid import UID

from hounsfield.formats.apart import Apart

DOWNED = ("gdcm",)
"""Decoders that damaged data bring down."""


def unpack(syntax: str, decoder: str, options: dict[str, Any], frame: bytes) -> NDArray[Any]:
    """(rows, columns[, 3]) of one frame, colours in RGB. Raises Lost, or whatever the decoder does."""
    if decoder not in DOWNED:
        return _unpack(syntax, decoder, options, frame)
    asked = {"syntax": syntax, "decoder": decoder, "options": options}
    answer, data = _decoder.ask(asked, frame, size=len(frame))
    return np.frombuffer(data, answer["dtype"]).reshape(answer["shape"])


def unpack_asked(asked: Mapping[str, Any], frame: bytes) -> tuple[dict[str, Any], bytes]:
    """The same in the process apart: type and shape of the array, and its bytes."""
    array = np.ascontiguousarray(_unpack(asked["syntax"], asked["decoder"], asked["options"], frame))
    return {"dtype": array.dtype.str, "shape": array.shape}, array.tobytes()


_decoder = Apart(f"{__name__}:{unpack_asked.__name__}")


def _unpack(syntax: str, decoder: str, options: dict[str, Any], frame: bytes) -> NDArray[Any]:
    source = encapsulate([frame], has_bot=False)
    array, _ = get_decoder(UID(syntax)).as_array(source, index=0, decoding_plugin=decoder, **options)
    return array
