"""What belongs to somebody else: folders that may not be written to, files that may not be read."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from command_process import Commands, World
from faulty_data import TINY, bytes_in, shifted

from hounsfield.formats import nifti
from hounsfield.formats.transform_files import write_transform
from hounsfield.values import Refused, Transform
from hounsfield.verbs.apply import apply
from hounsfield.verbs.inspect import inspect
from hounsfield.verbs.predict import predict
from hounsfield.verbs.register import register
from hounsfield.verbs.train import train

NO_ONE = 54321
"""A user whom the system does not know, as containers have them."""


@pytest.fixture
def closed(stranger: World) -> Iterator[Path]:
    """A folder that the stranger can look into and not write to."""
    stranger.folder.chmod(0o755)
    folder = stranger.folder / "closed"
    folder.mkdir(mode=0o555)
    yield folder
    folder.chmod(0o755)


def open_folder(world: World, name: str) -> Path:
    """A folder that everybody may write to."""
    world.folder.chmod(0o755)
    folder = world.folder / name
    folder.mkdir()
    folder.chmod(0o777)
    return folder


@pytest.mark.parametrize("verb", ["train", "predict", "register", "apply", "inspect"])
def test_nothing_is_written_where_one_may_not(
    verb: str, commands: Commands, stranger: World, closed: Path, torsos: Path, model
) -> None:
    fixed, moving = sorted((torsos / "imagesTr").iterdir())[:2]
    grid = nifti.read_grid(fixed)
    write_transform(stranger.folder / "shift.json", Transform(grid, grid, shifted(), None, None))
    words = {
        "train": (torsos, "--out", "closed/x", *TINY),
        "predict": (model.folder, torsos, "--out", "closed/x"),
        "register": (fixed, moving, "--out", "closed/x", "--set", "iterations=1"),
        "apply": ("shift.json", moving, "--out", "closed/x"),
        "inspect": (torsos, "--html", "closed/x.html"),
    }
    ended = commands.run(stranger, verb, *words[verb])
    assert (ended.code, ended.out, len(ended.said)) == (2, "", 1)
    assert ended.said[0].startswith("hounsfield: closed/x")
    assert "can not be written (Permission denied). Check the folder, its permissions and the disk." in ended.said[0]
    assert not list(closed.iterdir())


def test_answers_of_somebody_else_are_scored_and_left_as_they_are(
    commands: Commands, stranger: World, torsos: Path, model, answers
) -> None:
    stranger.folder.chmod(0o755)
    shutil.copytree(answers, stranger.folder / "a")
    (stranger.folder / "a").chmod(0o555)
    before = bytes_in(stranger.folder / "a")
    ended = commands.run(stranger, "evaluate", "a", torsos)
    assert (ended.code, len(ended.said)) == (3, 1)
    assert "a: can not be written (Permission denied), and scores.json and report.html" in ended.said[0]
    assert "dice" in ended.out
    assert bytes_in(stranger.folder / "a") == before
    again = commands.run(stranger, "predict", model.folder, torsos, "--out", "a")
    assert (again.code, again.out, len(again.said)) == (2, "", 1)
    assert "a: can not be written (Permission denied)" in again.said[0]


def test_files_and_folders_that_may_not_be_read_are_named_and_the_rest_goes_on(
    commands: Commands, stranger: World, scans: Path, model
) -> None:
    open_folder(stranger, "mine")
    images = sorted((scans / "imagesTr").iterdir())
    images[3].chmod(0)
    shutil.copytree(images[0].parent, scans / "more", copy_function=os.link if os.geteuid() else shutil.copy)
    (scans / "more").chmod(0)
    ended = commands.run(stranger, "predict", model.folder, "scans", "--out", "mine/a")
    said = sorted(ended.said)
    assert (ended.code, len(said)) == (3, 2), said
    assert ended.out.startswith("9 answered")
    assert f"not answered: scans/imagesTr/{images[3].name}: can not be read (Permission denied)" in said[0]
    assert "not answered: scans/more: can not be looked into (Permission denied). Check" in said[1]
    found = commands.run(stranger, "inspect", "scans")
    assert found.code == 0
    assert len([line for line in found.said if "Permission denied" in line]) == 2
    refused = commands.run(stranger, "train", "scans", "--out", "mine/m", *TINY)
    assert (refused.code, len(refused.said)) == (2, 3)
    assert "has 2 bad cases among 11, and 0 may be left out" in refused.said[-1]
    assert commands.run(stranger, "train", "scans", "--out", "mine/m", *TINY, "--allow-bad", "2").code == 3
    images[0].parent.chmod(0)
    nothing = commands.run(stranger, "inspect", "scans")
    assert nothing.code == 2
    assert "scans/imagesTr: can not be looked into (Permission denied)" in nothing.said[0]
    for folder in (images[0].parent, scans / "more"):
        folder.chmod(0o755)


@pytest.mark.parametrize("name", ["manifest.jsonl", "model/state.safetensors", "model/package.json", "pairs.csv"])
def test_a_file_that_everything_hangs_on_is_named(
    name: str, commands: Commands, stranger: World, scans: Path, model, answers
) -> None:
    stranger.folder.chmod(0o755)
    shutil.copytree(answers, stranger.folder / "a")
    shutil.copytree(model.folder, stranger.folder / "model")
    (scans / "pairs.csv").write_text("fixed,moving\n")
    closed = {"manifest.jsonl": stranger.folder / "a" / name, "pairs.csv": scans / name}
    words = {
        "manifest.jsonl": ("evaluate", "a", "scans"),
        "pairs.csv": ("inspect", "scans"),
    }
    path = closed.get(name, stranger.folder / name)
    path.chmod(0)
    ended = commands.run(stranger, *words.get(name, ("predict", "model", "scans", "--out", "b")))
    path.chmod(0o644)
    assert ended.code == (0 if name == "pairs.csv" else 2)
    assert len(ended.said) == 1
    assert ended.said[0].startswith(f"hounsfield: {path.relative_to(stranger.folder)}: can not be read")
    assert "permissions" in ended.said[0] or "package again" in ended.said[0]


def test_a_cache_that_can_not_be_written_to_is_pointed_elsewhere(
    commands: Commands, stranger: World, torsos: Path, closed: Path, model
) -> None:
    shutil.make_archive(str(stranger.folder / "scans"), "zip", torsos)
    homes = {
        str(closed): replace(stranger, variables={"HOME": str(closed), "XDG_CACHE_HOME": None}),
        "this user has no home": replace(stranger, variables={"HOME": None, "XDG_CACHE_HOME": None}, user=NO_ONE),
    }
    if stranger.user is None:
        homes.popitem()  # everybody who can run this has one
    for said, world in homes.items():
        ended = commands.run(world, "inspect", "scans.zip")
        assert (ended.code, len(ended.said)) == (2, 1)
        assert said in ended.said[0]
        assert "point XDG_CACHE_HOME to a folder of yours" in ended.said[0]
    for number, world in enumerate(homes.values()):
        cache = open_folder(stranger, f"cache{number}")
        elsewhere = {"HOME": None, "XDG_CACHE_HOME": str(cache), "TMPDIR": str(cache)}
        assert commands.run(replace(world, variables=elsewhere), "inspect", "scans.zip").code == 0
        words = ("predict", model.folder, "scans.zip", "--out", cache / "a")
        assert commands.run(replace(world, variables=elsewhere), *words).code == 0
    assert commands.run(replace(world, variables=elsewhere), "plan", torsos, *TINY).code == 0
    assert {path.name for path in stranger.folder.iterdir()} - {"cache0", "cache1"} == {"closed", "scans.zip"}


@pytest.mark.parametrize("verb", ["train", "predict", "register", "apply", "inspect"])
def test_in_python_it_is_a_refusal_that_names_the_place(verb: str, torsos: Path, model, wishes, tmp_path) -> None:
    fixed, moving = sorted((torsos / "imagesTr").iterdir())[:2]
    grid = nifti.read_grid(fixed)
    (tmp_path / "file").write_text("no folder")
    place = tmp_path / "file" / "x"
    calls = {
        "train": lambda: train(torsos, out=place, steps=1, wishes=wishes),
        "predict": lambda: predict(model, torsos, out=place),
        "register": lambda: register(fixed, moving, out=place, wishes=[("iterations", "1")]),
        "apply": lambda: apply(Transform(grid, grid, shifted(), None, None), moving, out=place),
        "inspect": lambda: inspect(torsos, html=place),
    }
    with pytest.raises(Refused, match=r"file/x.*can not be written \((Not a directory|File exists)\)"):
        calls[verb]()
