"""The command line in this process: words in; exit code, output and what was said beside it out."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pytest

from hounsfield.cli.ending import run
from hounsfield.cli.main import hounsfield
from small_model import model, scans, torsos, wishes

__all__ = ["model", "scans", "torsos", "wishes"]


PROGRESS = re.compile(r"[\w/ -]+  \d+/\d+(  |$)")  # on a slow machine, of what takes over two seconds


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    said: list[str]


@pytest.fixture
def command(capsys: pytest.CaptureFixture[str]) -> Callable[..., Ended]:
    """Runs a command; everything is said in whole lines that begin with the program's name."""

    def run_it(*words: object) -> Ended:
        capsys.readouterr()
        code = run(hounsfield, [str(word) for word in words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err, err
        said = [line for line in err.splitlines() if not PROGRESS.match(line)]
        assert all(line.startswith("hounsfield: ") and line[-1] in ".?" for line in said), err
        return Ended(code, out, said)

    return run_it
