"""What each thing of a table is, in the first line of its module: read, not imported."""

from __future__ import annotations

import ast
from importlib.util import find_spec
from pathlib import Path

from hounsfield.registry.table import Table

MISSING = "the package that brings it is not installed"


def sentence_of(table: Table, name: str) -> str:
    """The first line that the thing's module says of itself; MISSING where it is not there. Raises UnknownName."""
    path = _source(table.target(name).partition(":")[0])
    if path is None or not path.is_file():
        return MISSING
    said = ast.get_docstring(ast.parse(path.read_bytes())) or ""
    return said.partition("\n")[0]


def _source(module: str) -> Path | None:
    """The file of a module: of its top package's place, since to look for it further down would import that package."""
    top, *inner = module.split(".")
    spec = find_spec(top)
    if spec is None or spec.origin is None:
        return None
    if not inner:
        return Path(spec.origin)
    place = Path(spec.origin).parent.joinpath(*inner)
    return place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
