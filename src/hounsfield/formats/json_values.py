"""Diagnosis, Quantities, Timeline and Code as JSON; NaN is null, infinity is "inf"."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from hounsfield.formats.files import read_bytes, writing
from hounsfield.values import Code, Diagnosis, MiB, Quantities, Timeline, refuse

Small = Diagnosis | Quantities | Timeline | Code
LIMIT = 256 * MiB
LARGEST = 1e9


def read_value(path: Path) -> Small:
    """The value that `write_value` wrote. Refuses other JSON."""
    path = Path(path)
    return from_json(read_json(path), where=str(path))


def write_value(path: Path, value: Small) -> None:
    """Write a value so that it reads back equal."""
    text = json.dumps(to_json(value), indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with writing(Path(path)):
        Path(path).write_text(text, encoding="utf-8")


def read_json(path: Path, *, limit: int = LIMIT) -> Any:
    """The JSON of a file. Refuses what is no JSON, nested too deep, or larger than `limit` bytes."""
    try:
        return json.loads(read_bytes(Path(path), limit=limit).decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise refuse(path, f"is no readable JSON ({error})", "Mend it, or write it again.") from None


def is_number(value: Any) -> bool:
    """Whether a value of JSON is a number that a coordinate can be: not true or false, finite, smaller than LARGEST."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < LARGEST


def to_json(value: Small) -> dict[str, Any]:
    """Plain JSON of a value, with its kind."""
    if isinstance(value, Diagnosis):
        return {"kind": "diagnosis", "classes": value.kind, "probabilities": _plain(value.probabilities)}
    if isinstance(value, Quantities):
        parts = {"values": value.values, "units": value.units, "intervals": value.intervals}
        return {"kind": "quantities", **{name: _plain(part) for name, part in parts.items()}}
    if isinstance(value, Timeline):
        names = ("times", "labels", "values", "probabilities")
        return {"kind": "timeline", **{name: _plain(getattr(value, name)) for name in names}}
    return {"kind": "code", "vector": _plain(value.vector)}


def from_json(data: Any, *, where: str) -> Small:
    """The value of plain JSON, by its kind."""
    makers: dict[str, Callable[[Mapping[str, Any]], Small]] = {
        "diagnosis": lambda d: Diagnosis({str(k): _number(v) for k, v in d["probabilities"].items()}, d["classes"]),
        "quantities": _quantities,
        "timeline": _timeline,
        "code": lambda d: Code(_array(d["vector"], np.float32)),
    }
    try:
        return makers[data["kind"]](data)
    except (KeyError, TypeError, ValueError, AttributeError):
        what = f"is not in the form of a {', '.join(list(makers)[:-1])} or code"
        raise refuse(where, what, "Write it again, or mend its fields.") from None


def _quantities(data: Mapping[str, Any]) -> Quantities:
    values = {str(name): _number(value) for name, value in data["values"].items()}
    intervals = {str(name): (_number(low), _number(high)) for name, (low, high) in data["intervals"].items()}
    return Quantities(values, {str(name): str(unit) for name, unit in data["units"].items()}, intervals)


def _timeline(data: Mapping[str, Any]) -> Timeline:
    arrays = {name: _array(data[name], np.float32) for name in ("values", "probabilities") if data[name] is not None}
    return Timeline(_array(data["times"], np.float64), tuple(map(str, data["labels"])), **arrays)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return _plain(value.tolist()) if value.size else {"shape": list(value.shape)}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, (float, np.floating)):
        return float(value) if math.isfinite(value) else None if math.isnan(value) else f"{float(value)}"
    return value


def _number(value: Any) -> float:
    return math.nan if value is None else float(value)


def _array(value: Any, dtype: DTypeLike) -> NDArray[Any]:
    if isinstance(value, dict):  # nothing is in it, but its shape says how nothing is arranged
        return np.empty(value["shape"], dtype)
    return np.array(value, dtype=object).astype(dtype)
