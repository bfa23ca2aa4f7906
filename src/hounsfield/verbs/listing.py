"""list and doctor: what there is, and whether it works here. Imports nothing heavy."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from hounsfield.registry.cards import card_data
from hounsfield.registry.sentences import MISSING, sentence_of
from hounsfield.registry.table import Table, UnknownName
from hounsfield.registry.tables import CHECKS, FORMATS, LAYOUTS, METHODS, TASKS

LISTED: dict[str, Table] = {
    "methods": METHODS,
    "tasks": TASKS,
    "formats": FORMATS,
    "layouts": LAYOUTS,
    "checks": CHECKS,
}
CORE = ("torch", "numpy", "scipy", "nibabel", "safetensors", "pillow", "scikit-learn", "jinja2", "click", "rich")


def listing(what: str) -> list[dict[str, str]]:
    """Names of one kind, with a sentence each. Raises UnknownName."""
    if what not in LISTED:
        raise UnknownName("kind of list", what, tuple(LISTED))
    table = LISTED[what]
    if what != "methods":
        return [{"name": name, "summary": sentence_of(table, name)} for name in table.names()]
    return [_told(name) for name in table.names()]


def _told(method: str) -> dict[str, str]:
    card = card_data(method)
    if not card:
        return {"name": method, "tasks": "", "summary": MISSING, "when": ""}
    return {"name": method, "tasks": ", ".join(card["tasks"]), "summary": card["summary"], "when": card["when"]}


def doctor() -> list[tuple[str, str, bool]]:
    """What this machine has: a word, a sentence, whether it is well."""
    said: list[tuple[str, str, bool]] = [
        ("hounsfield", version("hounsfield"), True),
        ("python", platform.python_version(), sys.version_info >= (3, 11)),
        ("processors", str(os.cpu_count()), True),
    ]
    for package in CORE:
        try:
            said.append((package, version(package), True))
        except PackageNotFoundError:
            said.append((package, f"missing: pip install {package}", False))
    free = shutil.disk_usage(Path.cwd()).free / 2**30
    said.append(("free disk here", f"{free:.1f} GiB", free > 1))
    return said


def doctor_json() -> dict[str, Any]:
    """The same as plain JSON."""
    return {what: {"said": sentence, "well": well} for what, sentence, well in doctor()}
