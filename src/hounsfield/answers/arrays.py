"""Arrays by name with JSON beside them, in one safetensors file."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from hounsfield.answers.writing import aside
from hounsfield.values import refuse


def write_arrays(path: Path, arrays: Mapping[str, NDArray[Any]], facts: Any = None) -> None:
    """Write named arrays, and JSON facts in the header, as a whole or not at all."""
    # not np.ascontiguousarray, which makes a number without axes a row of one
    ordered = {name: np.asarray(arrays[name], order="C") for name in sorted(arrays)}
    with aside(path) as other:
        other.touch()  # with the permissions that files have here; safetensors alone would shut out everybody else
        mode = other.stat().st_mode
        try:
            save_file(ordered, other, metadata={"facts": json.dumps(facts)})
        except SafetensorError as error:
            raise _system_error(error) from None
        other.chmod(mode)


def _system_error(error: SafetensorError) -> Exception:
    """The error of the system that safetensors tells of in words; its own where it is about something else."""
    number = re.search(r"\(os error (\d+)\)", str(error))
    return error if number is None else OSError(int(number[1]), os.strerror(int(number[1])))


def read_facts(path: Path) -> Any:
    """The facts of a file, no array of it read. Raises Refused where it is no such file."""
    try:
        with safe_open(path, framework="numpy") as file:
            return json.loads((file.metadata() or {}).get("facts", "null"))
    except (SafetensorError, OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise refuse(path, f"is not a readable safetensors file ({error})", "Take it from a backup.") from None


def read_arrays(path: Path) -> tuple[dict[str, NDArray[Any]], Any]:
    """The named arrays and the facts of a file. Raises Refused where it is no such file."""
    try:
        with safe_open(path, framework="numpy") as file:
            facts = json.loads((file.metadata() or {}).get("facts", "null"))
            return {name: file.get_tensor(name) for name in file.keys()}, facts  # noqa: SIM118 - not a dict
    except (SafetensorError, OSError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise refuse(path, f"is not a readable safetensors file ({error})", "Take it from a backup.") from None
