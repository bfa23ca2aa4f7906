"""Two runs at once: each result is whole, and where only one can be, the other says so and leaves it alone."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import pytest
from command_process import Commands, Moment, Running, World, signalled
from faulty_data import TINY, hidden_in

from hounsfield.answers.manifest import entries

pytestmark = pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="nobody says which process stands still")


def held_up(commands: Commands, folder: Path, path: str, *words: object) -> Running:
    """A command that stands still when it opens a file for the fifth time."""
    moment = Moment(path, signalled(signal.SIGSTOP), time=5)
    running = commands.start(World(folder, moment=moment), *words)
    for _ in range(1200):
        status = Path(f"/proc/{running.process.pid}/stat")
        if status.exists() and status.read_text().rpartition(")")[2].split()[0] == "T":
            return running
        assert running.process.is_alive(), running.end()
        time.sleep(0.05)
    raise AssertionError("it never came so far")


def go_on(running: Running) -> None:
    os.kill(running.process.pid or 0, signal.SIGCONT)


def test_two_trainings_of_one_package(commands: Commands, torsos: Path, model, tmp_path: Path) -> None:
    words = ("train", torsos, "--out", "m", *TINY)
    first = held_up(commands, tmp_path, "m.run/prepared/", *words)
    second = commands.run(World(tmp_path), *words)
    assert (second.code, second.out) == (2, "")
    assert second.said == ["hounsfield: m.run: is in use by another run. Wait for it, or give another --out."]
    go_on(first)
    assert first.end().code == 0
    assert json.loads((tmp_path / "m" / "package.json").read_text())["digest"] == model.digest


def test_two_runs_answering_into_one_folder(commands: Commands, torsos: Path, model, tmp_path: Path) -> None:
    words = ("predict", model.folder, torsos, "--out", "a")
    first = held_up(commands, tmp_path, "a/manifest.jsonl", *words)
    second = commands.run(World(tmp_path), *words)
    assert (second.code, second.out) == (2, "")
    assert second.said == ["hounsfield: a: is in use by another run. Wait for it, or give another --out."]
    go_on(first)
    ended = first.end()
    assert (ended.code, ended.out.splitlines()[0]) == (0, "10 answered, in a")
    lines = (tmp_path / "a" / "manifest.jsonl").read_text().splitlines()
    assert len(lines) == 10
    assert all(entry.is_done(tmp_path / "a") for entry in (entries(tmp_path / "a") or {}).values())


def test_two_evaluations_of_one_folder(commands: Commands, torsos: Path, answers, tmp_path: Path) -> None:
    shutil.copytree(answers, tmp_path / "a")
    running = [commands.start(World(tmp_path), "evaluate", "a", torsos) for _ in range(2)]
    assert [one.end().code for one in running] == [0, 0]
    assert json.loads((tmp_path / "a" / "scores.json").read_text())["first"] == "dice"
    assert (tmp_path / "a" / "report.html").read_text().rstrip().endswith("</html>")
    assert not hidden_in(tmp_path / "a")


@pytest.mark.parametrize("is_spoilt", [False, True])
def test_two_unpackings_of_one_archive(is_spoilt: bool, commands: Commands, torsos: Path, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "scans"), "zip", torsos)
    cache = tmp_path / "cache" / "hounsfield" / "unzipped"
    world = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    if is_spoilt:
        assert commands.run(World(tmp_path, variables=world), "inspect", "scans.zip").code == 0
        next(cache.rglob("torso_0003.nii.gz")).unlink()
    running = [commands.start(World(tmp_path, variables=world), "inspect", "scans.zip") for _ in range(2)]
    assert [one.end().code for one in running] == [0, 0]
    assert [path.name for path in cache.iterdir() if path.name.startswith(".")] == []
    assert len(list(cache.rglob("torso_0003.nii.gz"))) == 2, "an image and its label"
