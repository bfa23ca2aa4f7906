"""A full disk: what was there stays, one line says which file, why and what to do, and nothing half is left."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from command_process import SPACE, Commands, Ended, World
from faulty_data import TINY, bytes_in, hidden_in, shifted
from small_disk import SmallDisk

from hounsfield.answers.manifest import entries
from hounsfield.formats import nifti
from hounsfield.values import Transform

KiB = 2**10


def world(disk: SmallDisk) -> World:
    return World(disk.folder, most_bytes=disk.most_bytes)


def is_told(line: str, place: str) -> bool:
    """Whether a line says what can not be written, why, and what to do."""
    return place in line and any(f"can not be written ({why})" in line for why in SPACE) and "Make room" in line


def test_training_goes_on_where_it_was_once_there_is_room(commands: Commands, disk: SmallDisk, torsos, model) -> None:
    places = []
    for free in (0, 40, 150, 30, 250) if disk.is_mounted else (0, 150):
        disk.leave(free * KiB)
        ended = commands.run(world(disk), "train", torsos, "--out", "m", *TINY)
        assert (ended.code, ended.out, len(ended.said)) == (2, "", 1)
        places.append(ended.said[0].split()[1].rstrip(":"))
        assert is_told(ended.said[0], places[-1])
        assert {path.name for path in disk.folder.iterdir()} <= {"m.run", disk.filler.name}
        assert not hidden_in(disk.folder / "m.run")
    kinds = {place if place == "m" else Path(place).parts[1] for place in places}
    assert kinds >= ({"run.json", "prepared", "checkpoints", "m"} if disk.is_mounted else {"run.json", "m"})
    disk.make_room()
    assert commands.run(world(disk), "train", torsos, "--out", "m", *TINY).code == 0
    assert json.loads((disk.folder / "m" / "package.json").read_text())["digest"] == model.digest


def test_answers_that_were_there_stay_and_the_rest_comes_once_there_is_room(
    commands: Commands, disk: SmallDisk, torsos, model
) -> None:
    first = sorted((torsos / "imagesTr").iterdir())[:2]
    assert commands.run(world(disk), "predict", model.folder, *first, "--out", "a").code == 0
    before = bytes_in(disk.folder / "a")
    disk.leave(0)
    ended = commands.run(world(disk), "predict", model.folder, torsos, "--out", "a")
    assert (ended.code, len(ended.said)) == (3, 1)
    assert is_told(ended.said[0], "not answered: a")
    assert "and 8 cases could not be answered" in ended.said[0]
    assert ended.out.startswith("0 answered, 2 were there already")
    assert bytes_in(disk.folder / "a") == before
    disk.leave(32 * KiB)
    ended = commands.run(world(disk), "predict", model.folder, torsos, "--out", "a")
    assert ended.code == (3 if disk.is_mounted else 0)
    assert not hidden_in(disk.folder / "a")
    found = entries(disk.folder / "a") or {}
    assert all(entry.is_done(disk.folder / "a") for entry in found.values())
    files = {file for entry in found.values() for file in entry.answers}
    assert {path.name for path in (disk.folder / "a").iterdir()} == {"manifest.jsonl", *files}
    disk.make_room()
    assert commands.run(world(disk), "predict", model.folder, torsos, "--out", "a").code == 0
    assert len(entries(disk.folder / "a") or {}) == 10


def test_an_answer_is_not_lost_to_a_new_one_that_has_no_room(
    commands: Commands, disk: SmallDisk, scans: Path, model
) -> None:
    image = sorted((scans / "imagesTr").iterdir())[0]
    words = ("predict", model.folder, image, "--out", "a")
    assert commands.run(world(disk), *words).code == 0
    before = bytes_in(disk.folder / "a")
    found = nifti.read_image(image)
    nifti.write_image(image, type(found).of(found.array(np.float32) + 1, found.grid))
    for free in (0, 4, 8):  # for no file, for the labels, for the names of the labels too but not for the line
        disk.leave(free * KiB if disk.is_mounted else 0)
        with (disk.folder / "a" / "manifest.jsonl").open("ab") as manifest:
            manifest.write(b" " * (4096 - manifest.tell() % 4096)) if disk.is_mounted and free == 8 else None
        before |= {"manifest.jsonl": (disk.folder / "a" / "manifest.jsonl").read_bytes()}
        ended = commands.run(world(disk), *words)
        assert (ended.code, ended.out, len(ended.said)) == (2, "", 1)
        assert bytes_in(disk.folder / "a") == before


def test_scores_and_report_stay_together(commands: Commands, disk: SmallDisk, torsos, answers) -> None:
    shutil.copytree(answers, disk.folder / "a")
    assert commands.run(world(disk), "evaluate", "a", torsos).code == 0
    before = bytes_in(disk.folder / "a")
    disk.leave(16 * KiB if disk.is_mounted else 8 * KiB)  # enough for the scores, but not for the page
    ended = commands.run(world(disk), "evaluate", "a", torsos)
    assert (ended.code, len(ended.said)) == (3, 1)
    assert is_told(ended.said[0], "not done: a: ")
    assert "scores.json and report.html" in ended.said[0]
    assert "dice" in ended.out
    assert bytes_in(disk.folder / "a") == before


def test_a_page_of_findings_stays_as_it_was(commands: Commands, disk: SmallDisk, torsos) -> None:
    page = disk.folder / "page.html"
    page.write_text("an earlier page")
    disk.leave(0)
    ended = commands.run(world(disk), "inspect", torsos, "--html", "page.html")
    assert (ended.code, len(ended.said)) == (2, 1)
    assert is_told(ended.said[0], "page.html")
    assert page.read_text() == "an earlier page"
    assert hidden_in(disk.folder) == {disk.filler.name} - (set() if disk.is_mounted else {disk.filler.name})


def test_transforms_and_what_is_carried_by_them(commands: Commands, disk: SmallDisk, torsos, tmp_path: Path) -> None:
    fixed, moving, third = sorted((torsos / "imagesTr").iterdir())[:3]
    disk.leave(0)
    ended = commands.run(world(disk), "register", fixed, moving, "--out", "t", "--set", "iterations=1")
    assert (ended.code, ended.out, len(ended.said)) == (2, "", 1)
    assert is_told(ended.said[0], "t.json")
    grid = nifti.read_grid(fixed)
    write_shift(tmp_path / "shift.json", grid)
    ended = commands.run(world(disk), "apply", tmp_path / "shift.json", moving, third, "--out", "carried")
    assert (ended.code, ended.out, len(ended.said)) == (2, "", 1)
    assert is_told(ended.said[0], f"carried/{moving.name}")
    assert "and 2 files could not be carried" in ended.said[0]
    left = {path.name for path in disk.folder.rglob("*") if path.is_file() and path != disk.filler}
    assert left == set()


def write_shift(path: Path, grid) -> None:
    from hounsfield.formats.transform_files import write_transform

    write_transform(path, Transform(grid, grid, shifted(), None, None))


@pytest.mark.parametrize("verb", ["plan", "compare", "train"])
def test_a_full_temporary_folder_is_told_with_the_variable_that_points_elsewhere(
    verb: str, commands: Commands, disk: SmallDisk, torsos, model, tmp_path: Path
) -> None:
    words = {
        "plan": ("plan", torsos, *TINY),
        "train": ("train", torsos, "--out", "m", *TINY),
        "compare": ("compare", model.folder, model.folder, torsos),
    }
    disk.leave(0 if verb == "compare" and not disk.is_mounted else 8 * KiB)
    at = World(tmp_path, most_bytes=disk.most_bytes, variables={"TMPDIR": str(disk.folder)})
    ended: Ended = commands.run(at, *words[verb])
    assert ended.code in (2, 3)
    assert len(ended.said) == 1
    assert str(disk.folder) in ended.said[0] or not disk.is_mounted
    assert "TMPDIR" in ended.said[0]
    assert hidden_in(disk.folder) <= {disk.filler.name}
    assert not [path for path in disk.folder.iterdir() if path != disk.filler]
    assert not (tmp_path / "m.run").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
@pytest.mark.parametrize("more", [(), ("--json",)])
def test_an_output_that_goes_to_a_full_disk(more, commands: Commands, torsos, tmp_path: Path) -> None:
    ended = commands.run(World(tmp_path, stdout="/dev/full"), "inspect", torsos, *more)
    assert (ended.code, len(ended.said)) == (2, 1)
    assert is_told(ended.said[0], "the output")


def test_an_archive_that_does_not_fit_into_the_cache(commands: Commands, disk: SmallDisk, torsos, tmp_path) -> None:
    shutil.make_archive(str(tmp_path / "scans"), "zip", torsos)
    at = World(tmp_path, variables={"XDG_CACHE_HOME": str(disk.folder)})
    ended = commands.run(at, "inspect", "scans.zip")
    if not disk.is_mounted:  # the disk beneath is as large as it is
        assert ended.code == 0
        return
    assert (ended.code, len(ended.said)) == (2, 1)
    assert "scans.zip: needs" in ended.said[0]
    assert str(disk.folder) in ended.said[0]
    assert not [path for path in disk.folder.rglob("*") if path.is_file()]
