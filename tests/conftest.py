"""What all tests share."""

import os
import stat
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
PASSING = stat.S_IXGRP | stat.S_IXOTH
_closed: dict[Path, int] = {}


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let others pass to the checkout while the tests run: some run commands as another user, who has to read it."""
    if hasattr(session.config, "workerinput") or not hasattr(os, "geteuid") or os.geteuid() != 0:
        return
    for folder in (HERE.parent, *HERE.parent.parents):
        mode = stat.S_IMODE(folder.stat().st_mode)
        if not mode & stat.S_IXOTH:
            _closed[folder] = mode
            folder.chmod(mode | PASSING)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close again what was closed."""
    for folder, mode in _closed.items():
        folder.chmod(mode)


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data sets; its tests are skipped where the variable is not set."""
    folder = os.environ.get("HOUNSFIELD_DATA")
    if not folder:
        pytest.skip("HOUNSFIELD_DATA is not set: the real data sets are not here")
    return Path(folder).resolve()
