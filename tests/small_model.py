"""Small torsos in the decathlon's layout, and a model that has learnt next to nothing from them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hounsfield.layouts.decathlon import write
from hounsfield.packages.package import Package
from hounsfield.phantoms.dataset import phantom_dataset
from hounsfield.verbs.train import train

WISHES = {"features": [4, 8], "batch": 1, "supervised": 0, "patch": [16, 16, 16]}


@pytest.fixture(scope="session")
def torsos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ten torsos of 16 x 16 x 16; not to be changed."""
    folder = tmp_path_factory.mktemp("torsos") / "scans"
    write(phantom_dataset("torso", cases=10, size=(16, 16, 16)), folder)
    return folder


@pytest.fixture
def scans(torsos: Path, tmp_path: Path) -> Path:
    """The torsos, to be spoilt."""
    return Path(shutil.copytree(torsos, tmp_path / "scans"))


@pytest.fixture(scope="session")
def model(torsos: Path, tmp_path_factory: pytest.TempPathFactory) -> Package:
    """A U-Net after two steps; not to be changed."""
    return train(torsos, out=tmp_path_factory.mktemp("model") / "m", steps=2, wishes=WISHES)


@pytest.fixture(scope="session")
def wishes() -> dict[str, object]:
    """What makes a U-Net tiny."""
    return WISHES
