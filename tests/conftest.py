"""What all tests share."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def data_root() -> Path:
    """The folder of real data sets; its tests are skipped where the variable is not set."""
    folder = os.environ.get("HOUNSFIELD_DATA")
    if not folder:
        pytest.skip("HOUNSFIELD_DATA is not set: the real data sets are not here")
    return Path(folder).resolve()
