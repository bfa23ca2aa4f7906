"""The files that pages are made of, and the engine that fills them."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from hounsfield.values.printable import printable


def asset(name: str) -> str:
    """The text of a file beside this one."""
    return files("hounsfield.reports").joinpath(name).read_text(encoding="utf-8")


def environment() -> Environment:
    """A template engine that escapes everything it is not told to leave, and knows no undefined names."""
    return Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_finalized
    )


def _finalized(value: Any) -> Any:
    """A value as a page shows it: no text from a file turns the direction of what stands around it."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value
