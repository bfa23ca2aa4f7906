"""Cards of methods as plain data, for listings and usage mistakes: nothing but the standard library is imported."""

from __future__ import annotations

import tomllib
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hounsfield.registry.tables import METHODS


def card_path(method: str) -> Path | None:
    """The card.toml beside a method, which is not imported; None where its package is missing. Raises UnknownName."""
    top, *inner = METHODS.target(method).partition(":")[0].split(".")
    spec = find_spec(top)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0], *inner[:-1], "card.toml")


def card_data(method: str) -> dict[str, Any]:
    """What the card says; {} where the method's package is missing. Raises UnknownName."""
    path = card_path(method)
    return {} if path is None else tomllib.loads(path.read_text(encoding="utf-8"))
