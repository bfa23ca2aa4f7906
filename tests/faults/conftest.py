"""Commands as processes, a small disk, and the small model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from command_process import NOBODY, Commands, World
from small_disk import SmallDisk, mounted, unmount

from hounsfield.packages.package import Package
from hounsfield.verbs.predict import predict
from small_model import model, scans, torsos, wishes

if os.name == "nt":
    collect_ignore_glob = ["test_faults_*.py"]  # processes can not be forked there, nor be another user's

__all__ = ["model", "scans", "torsos", "wishes"]


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Commands:
    """Starts commands."""
    return Commands(tmp_path_factory.mktemp("outputs"))


@pytest.fixture(scope="session")
def answers(torsos: Path, model: Package, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the model says of the torsos; not to be changed."""
    folder = tmp_path_factory.mktemp("answers") / "a"
    predict(model, torsos, out=folder)
    return folder


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    """A disk of a few megabytes."""
    (tmp_path / "disk").mkdir()
    small = mounted(tmp_path / "disk")
    yield small
    unmount(small)


@pytest.fixture
def stranger(tmp_path: Path, torsos: Path, model: Package) -> World:
    """The folder of the test as somebody else sees it, who may read what is here and write nowhere; nobody is root."""
    for path in {tmp_path, torsos, model.folder}:
        for folder in (path, *path.parents):
            if folder.owner() == tmp_path.owner() and folder.stat().st_mode & 0o777 == 0o700:
                folder.chmod(0o755)
    is_root = os.geteuid() == 0
    if not is_root:
        tmp_path.chmod(0o555)
    return World(tmp_path, user=NOBODY if is_root else None)
