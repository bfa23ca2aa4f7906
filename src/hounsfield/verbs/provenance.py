"""Where a model comes from: the command, when, with which versions, on which machine."""

from __future__ import annotations

import platform
import shlex
import sys
import time
from importlib.metadata import version
from typing import Any

from hounsfield.values import Dataset
from hounsfield.verbs.question import Question


def about(question: Question) -> dict[str, Any]:
    """What is known of a run as it begins."""
    return {
        "command": _command(question),
        "started": now(),
        "versions": {name: version(name) for name in ("hounsfield", "torch", "numpy")}
        | {"python": platform.python_version()},
        "machine": f"{platform.system()} {platform.machine()}",
        "seed": question.seed,
    }


def now() -> str:
    """The local time, to the second."""
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _command(question: Question) -> str:
    """The command line where there was one, else the call with what was given."""
    if sys.argv[1:2] == ["train"]:
        return shlex.join(["hounsfield", *sys.argv[1:]])
    data = question.data.where if isinstance(question.data, Dataset) else question.data
    given = {name: value for name, value in vars(question).items() if name != "data" and value not in (None, (), [])}
    return f"hounsfield.train({', '.join([repr(data), *(f'{name}={value!r}' for name, value in given.items())])})"
