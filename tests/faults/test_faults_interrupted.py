"""Ctrl-C in each verb that takes time: one line, 130, and nothing half written."""

from __future__ import annotations

import json
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest
from command_process import Commands, Moment, World, signalled
from faulty_data import TINY, bytes_in, hidden_in

from hounsfield.formats import nifti
from hounsfield.formats.transform_files import write_transform
from hounsfield.values import Transform

SAID = "hounsfield: interrupted. Nothing is half written: type the same command again to go on."


@pytest.mark.parametrize("verb", ["inspect", "plan", "train", "predict", "evaluate", "compare", "register", "apply"])
def test_ctrl_c_in_the_middle(verb: str, commands: Commands, torsos: Path, model, answers, tmp_path: Path) -> None:
    fixed, moving = sorted((torsos / "imagesTr").iterdir())[:2]
    shutil.copytree(answers, tmp_path / "answers")
    (tmp_path / "page.html").write_text("an earlier page")
    before = bytes_in(tmp_path)
    words = {
        "inspect": (torsos, "--html", "page.html"),
        "plan": (torsos, *TINY),
        "train": (torsos, "--out", "m", *TINY),
        "predict": (model.folder, torsos, "--out", "answers"),
        "evaluate": ("answers", torsos),
        "compare": (model.folder, "answers", torsos),
        "register": (fixed, moving, "--out", "t"),
        "apply": ("t.json", moving, "--out", "carried"),
    }
    middle = {"register": moving.name, "apply": "t.json", "evaluate": "labelsTr/torso_0004.nii.gz"}
    at = Moment(middle.get(verb, "torso_0004.nii.gz"), signalled(signal.SIGINT))
    if verb == "apply":
        (tmp_path / "t.json").write_text(json.dumps({}))
        before = bytes_in(tmp_path)
    ended = commands.run(World(tmp_path, moment=at), verb, *words[verb])
    assert (ended.code, ended.out, ended.said) == (130, "", [SAID])
    assert bytes_in(tmp_path) == before
    assert not hidden_in(tmp_path)


def test_ctrl_c_between_two_files_tells_what_is_carried(commands: Commands, torsos: Path, tmp_path: Path) -> None:
    """The same command again would write over these, and is refused."""
    first, second = sorted((torsos / "imagesTr").iterdir())[:2]
    grid = nifti.read_grid(first)
    write_transform(tmp_path / "t.json", Transform(grid, grid, np.eye(4), None, None))
    words = ("apply", "t.json", first, second, "--out", "carried")
    ended = commands.run(World(tmp_path, moment=Moment(second.name, signalled(signal.SIGINT))), *words)
    said = "hounsfield: interrupted. 1 of 2 are carried, as a whole, in carried: ask for the others to go on."
    assert (ended.code, ended.out, ended.said) == (130, "", [said])
    assert [path.name for path in (tmp_path / "carried").iterdir()] == [first.name]
    assert "is there already" in commands.run(World(tmp_path), *words).said[0]
    assert commands.run(World(tmp_path), "apply", "t.json", second, "--out", "carried").code == 0
