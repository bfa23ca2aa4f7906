"""Folders that are gone in the middle, as with a network: what was done stays, and nothing is written elsewhere."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
from functools import partial
from pathlib import Path

import pytest
from command_process import Commands, Failing, Moment, World, moved_away, signalled
from faulty_data import TINY, bytes_in
from small_disk import SmallDisk, unmount

from hounsfield.answers.manifest import entries

LATE = "torso_0005.nii.gz"


def test_predict_names_each_case_that_is_gone(commands: Commands, scans: Path, model, tmp_path: Path) -> None:
    moment = Moment("a/manifest.jsonl", moved_away(scans), time=7)  # held, read, and five lines written
    ended = commands.run(World(tmp_path, moment=moment), "predict", model.folder, "scans", "--out", "a")
    assert (ended.code, len(ended.said)) == (3, 5)
    for number, line in enumerate(ended.said, start=5):
        assert line.startswith(f"hounsfield: not answered: scans/imagesTr/torso_000{number}.nii.gz: ")
    assert [name for name, entry in entries(tmp_path / "a").items() if entry.is_done(tmp_path / "a")] == [
        f"torso_000{number}" for number in range(5)
    ]
    (tmp_path / "scans.gone").rename(scans)
    again = commands.run(World(tmp_path), "predict", model.folder, "scans", "--out", "a")
    assert (again.code, again.out.splitlines()[0]) == (0, "5 answered, 5 were there already, in a")


def test_inspect_tells_of_what_it_could_read(commands: Commands, scans: Path, tmp_path: Path) -> None:
    moment = Moment(f"imagesTr/{LATE}", moved_away(scans), time=2)
    ended = commands.run(World(tmp_path, moment=moment), "inspect", "scans")
    assert ended.code == 0
    assert any(line.startswith(f"hounsfield: scans/imagesTr/{LATE}: ") for line in ended.said)


def test_training_is_not_scored_on_cases_that_are_gone(commands: Commands, scans: Path, model, tmp_path: Path) -> None:
    """They are read to look at them, to know them again, to prepare them; then to score."""
    held_out = sorted(model.seen.validation.values())[0]
    words = ("train", "scans", "--out", "m", *TINY)
    ended = commands.run(World(tmp_path, moment=Moment("state.json", moved_away(scans))), *words)
    assert ended.code == 0, "the package is being written: the cases are not needed any more"
    (tmp_path / "scans.gone").rename(scans)
    shutil.rmtree(tmp_path / "m")
    moment = Moment("m.run/log.jsonl", moved_away(scans))  # after the last step, when its validation is written down
    ended = commands.run(World(tmp_path, moment=moment), *words)
    assert (ended.code, ended.out) == (2, "")
    assert len(ended.said) == 1
    assert f"scans/imagesTr/{held_out}.nii.gz: does not exist" in ended.said[0]
    assert not (tmp_path / "m").exists()
    (tmp_path / "scans.gone").rename(scans)
    assert commands.run(World(tmp_path), *words).code == 0
    assert json.loads((tmp_path / "m" / "package.json").read_text())["digest"] == model.digest


def test_a_run_that_was_begun_outlasts_data_that_are_gone(commands: Commands, scans: Path, tmp_path: Path) -> None:
    words = ("train", "scans", "--out", "m", *TINY)
    moment = Moment("m.run/prepared/", signalled(signal.SIGINT))
    ended = commands.run(World(tmp_path, moment=moment), *words)
    assert ended.code == 130
    before = bytes_in(tmp_path / "m.run")
    assert "plan.json" in before
    scans.rename(tmp_path / "gone")
    ended = commands.run(World(tmp_path), *words)
    assert (ended.code, len(ended.said)) == (2, 1)
    assert "scans: does not exist" in ended.said[0]
    assert bytes_in(tmp_path / "m.run") == before


@pytest.mark.parametrize("verb", ["train", "predict"])
def test_nothing_is_written_where_the_folder_was(
    verb: str, commands: Commands, disk: SmallDisk, torsos: Path, model, tmp_path: Path
) -> None:
    """The disk is gone in the middle; what is below its place then is not the place that was meant."""
    middle = {"train": "m.run/prepared/", "predict": "a/manifest.jsonl"}
    gone = partial(unmount, disk) if disk.is_mounted else moved_away(disk.folder)
    words = {
        "train": ("train", torsos, "--out", "disk/m", *TINY),
        "predict": ("predict", model.folder, torsos, "--out", "disk/a"),
    }
    ended = commands.run(World(tmp_path, moment=Moment(middle[verb], gone, time=5)), *words[verb])
    assert ended.code == {"train": 2, "predict": 3}[verb]
    assert len(ended.said) == 1
    assert "disk/" in ended.said[0]
    assert "can not be written" in ended.said[0]
    assert not disk.folder.exists() or not list(disk.folder.rglob("*"))


@pytest.mark.parametrize(
    ("verb", "number"),
    [("predict", errno.EIO), ("inspect", errno.ESTALE), ("train", errno.ENOTCONN)],
)
def test_what_a_broken_network_says_is_said_of_the_file(
    verb: str, number: int, commands: Commands, torsos: Path, model, tmp_path: Path
) -> None:
    """The system's answer is injected where Python hands it on: at the read of an open file."""
    words = {
        "predict": ("predict", model.folder, torsos, "--out", "a"),
        "inspect": ("inspect", torsos),
        "train": ("train", torsos, "--out", "m", *TINY, "--allow-bad", "1"),
    }
    world = World(tmp_path, failing=Failing(f"imagesTr/{LATE}", number))
    ended = commands.run(world, *words[verb])
    assert ended.code == {"predict": 3, "inspect": 0, "train": 3}[verb]
    assert len([line for line in ended.said if LATE in line and os.strerror(number) in line]) == len(ended.said) == 1
