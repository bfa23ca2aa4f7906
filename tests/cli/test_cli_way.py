"""The way of a newcomer, on the command line: what is printed, what is JSON, what comes next."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from hounsfield.audit.checks import grids
from hounsfield.cli import progress
from hounsfield.cli.progress import Line
from hounsfield.packages.writing import Contents, write_package
from hounsfield.registry.tables import METHODS
from hounsfield.values import Budget, Facts, State

TINY = ("--steps", "2", "--set", "features=4,8", "--set", "batch=1", "--set", "supervised=0", "--set", "patch=16,16,16")


FILLED_IN = {"FILES": "'scans of mine'", "TRUTH": "'scans of mine'", "--out model": "--out 'a model'"}


def test_each_verb_says_what_comes_next(torsos: Path, tmp_path: Path, command, monkeypatch) -> None:
    """Every Next line is typed as it stands, but for its placeholders, from a folder with a space in its name."""
    place = tmp_path / "my study ü"
    place.mkdir()
    (place / "scans of mine").symlink_to(torsos)
    monkeypatch.chdir(place)
    line = "hounsfield inspect 'scans of mine'"
    typed = []
    while line and len(typed) < 5:
        line = (
            line.replace("FILES", "'scans of mine'")
            .replace("TRUTH", "'scans of mine'")
            .replace("out model", "out 'a model'")
        )
        words = shlex.split(line)[1:]
        if "--minutes" in words:
            at = words.index("--minutes")
            words[at : at + 2] = TINY
        ended = command(*words)
        assert (ended.code, ended.said) == (0, []), line
        typed.append(words[0])
        line = next((said.removeprefix("Next: ") for said in ended.out.splitlines() if said.startswith("Next: ")), "")
    assert typed == ["inspect", "plan", "train", "predict", "evaluate"]
    assert sorted(path.name for path in place.iterdir()) == ["a model", "a model.run", "answers", "scans of mine"]


def test_every_verb_that_prints_facts_prints_them_as_json(torsos: Path, model, tmp_path: Path, command) -> None:
    answers, new = tmp_path / "a", tmp_path / "m"
    folder = model.folder
    for words, key in [
        (("inspect", torsos), "facts"),
        (("plan", torsos, *TINY), "plan"),
        (("train", torsos, "--out", new, *TINY), "digest"),
        (("predict", folder, torsos, "--out", answers), "done"),
        (("evaluate", answers, torsos), "sets"),
        (("compare", folder, new), "differences"),
        (("show", folder), "method"),
        (("doctor",), "torch"),
    ]:
        ended = command(*words, "--json")
        assert ended.code == 0
        assert key in json.loads(ended.out), words


@pytest.mark.parametrize("what", ["tasks", "layouts", "formats", "checks", "methods"])
def test_lists_say_what_each_thing_is(what: str, command) -> None:
    rows = json.loads(command("list", what, "--json").out)
    assert len(rows) >= 5
    assert all(row["summary"].endswith((".", ":")) and len(row["summary"]) > 20 for row in rows), rows
    for row, line in zip(rows, command("list", what).out.splitlines(), strict=True):
        assert line.startswith(f"{row['name']} ")
        assert line.endswith(row["summary"])


def test_a_list_says_what_a_module_says_of_itself(command) -> None:
    said = {row["name"]: row["summary"] for row in json.loads(command("list", "checks", "--json").out)}
    assert said["grids"] == grids.__doc__.splitlines()[0]


def test_a_plan_can_be_printed_edited_and_followed(torsos: Path, tmp_path: Path, command) -> None:
    plan = json.loads(command("plan", torsos, *TINY, "--json").out)
    next(line for line in plan["plan"]["decisions"] if line["what"] == "steps")["value"] = 1
    (tmp_path / "p.json").write_text(json.dumps(plan))
    ended = command("train", torsos, "--out", tmp_path / "m", "--plan", tmp_path / "p.json", "--json")
    decisions = {line["what"]: line["value"] for line in json.loads(ended.out)["plan"]["decisions"]}
    assert (decisions["steps"], decisions["features"]) == (1, [4, 8])


def test_tables_say_units_intervals_and_what_is_undefined(model, command) -> None:
    out = command("show", model.folder).out
    assert "unet for segmentation" in out
    assert "7 training, 2 validation" in out
    assert "hd95 (mm or px)" in out
    assert "volume_error (%)" in out
    assert "(2 undefined)" in out
    assert "\x1b" not in out
    compared = command("compare", model.folder, model.folder).out.splitlines()
    assert compared[0].split() == [
        "metric",
        "item",
        "A",
        "B",
        "B",
        "-",
        "A",
        "[95",
        "%",
        "interval]",
        "cases",
        "better",
    ]
    assert "B - A on 2 cases of 2 patients" in compared[-1]


def test_starting_from_a_model_is_told(torsos: Path, model, tmp_path: Path, command) -> None:
    ended = command("train", torsos, "--out", tmp_path / "m", "--start-from", model.folder, *TINY)
    assert f"{len(model.state.arrays)} arrays were taken from the model it started from." in ended.out


def test_maps_come_beside_the_answers_where_the_task_has_some(torsos: Path, model, tmp_path: Path, command) -> None:
    scan, out = torsos / "imagesTr" / "torso_0000.nii.gz", tmp_path / "out"
    assert command("predict", model.folder, scan, "--out", out, "--probabilities", "uint8").code == 0
    assert (out / "torso_0000.probabilities.nii.gz").is_file()
    plan = METHODS.load("deformable").candidates(Facts(), Budget(), {})[0]
    write_package(tmp_path / "registration", Contents(plan, State(), Facts()))
    pair = ("--input", f"fixed={scan}", "--input", f"moving={scan}", "--out", tmp_path / "none")
    ended = command("predict", tmp_path / "registration", *pair, "--probabilities", "uint8")
    assert ended.code == 2
    assert len(ended.said) == 1
    assert ended.said[0].startswith("hounsfield: --probabilities: was asked of a model for registration")
    assert not (tmp_path / "none").exists()


def test_without_a_truth_predict_comes_next(torsos: Path, command) -> None:
    folder = torsos / "imagesTr"
    assert f"Next: hounsfield predict MODEL {folder} --out answers" in command("inspect", folder).out


@pytest.mark.parametrize("program", ["hounsfield", "hu"])
def test_two_names_of_one_program(program: str, torsos: Path) -> None:
    path = Path(sys.executable).with_name(program)
    ended = subprocess.run([path, "list", "tasks"], capture_output=True, text=True, cwd=torsos)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "segmentation" in ended.stdout


def test_a_reader_that_goes_away_is_no_fault(torsos: Path) -> None:
    command = [sys.executable, "-m", "hounsfield", "list", "methods", "--json"]
    reader, writer = os.pipe()
    os.close(reader)
    ended = subprocess.run(command, stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert "Traceback" not in ended.stderr


class Terminal:
    """Standard error as a terminal, or not, of this many columns; the clock is moved by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *, live: bool, columns: int = 60) -> None:
        self.written, self.now = "", 1000.0
        monkeypatch.setattr(progress, "is_live", lambda: live)
        monkeypatch.setattr(progress.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(progress.shutil, "get_terminal_size", lambda: os.terminal_size((columns, 24)))
        monkeypatch.setattr(progress.sys, "stderr", self)

    def write(self, text: str) -> None:
        self.written += text

    def flush(self) -> None:
        pass

    def lines(self) -> list[str]:
        return [line.rpartition(progress.CLEAR)[2] for line in self.written.split("\n")]


def test_the_live_line_says_how_far_and_how_long_still(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, live=True)
    with Line(started=terminal.now) as watch:
        for done in range(4):
            watch({"stage": "preparing", "done": done, "total": 3})
            terminal.now += 1
        for step in range(1, 51):
            watch({"step": step, "total": 200, "loss": 1.0})
            terminal.now += 2
        watch({"step": 50, "total": 200, "validation": 0.5})
    assert terminal.lines() == ["preparing  3/3", ""]  # a finished stage stays, an unfinished one goes
    shown = terminal.written.split(progress.CLEAR)
    assert "preparing  2/3  1 s left" in shown
    assert "training  50/200  5.0 min left  loss 1.000" in shown
    assert "training  50/200  5.1 min left  loss 1.000  validation 0.50" in shown  # cut to the terminal's width
    assert max(map(len, shown)) < 60


def test_nobody_at_the_terminal_gets_a_line_at_times(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal(monkeypatch, live=False)
    with Line(started=terminal.now) as watch:
        for step in range(1, 41):
            watch({"step": step, "total": 40, "loss": 1.0})
            terminal.now += 1
    assert [line.split("  ")[1] for line in terminal.lines() if line] == ["3/40", "18/40", "33/40"]
    assert "\x1b" not in terminal.written
