"""Ctrl-C, and two runs at once, on real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hounsfield.values import Limits
from hounsfield.verbs import held_out
from hounsfield.verbs.train import train

TINY = ("features=4,8", "batch=1", "supervised=0", "patch=16,16,16")
WORDS = ("--steps", "100", *(word for wish in TINY for word in ("--set", wish)))


def start(folder: Path, *words: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "hounsfield", *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(command, cwd=folder, env=environment, text=True, **pipes)


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    for _ in range(600):
        if path.exists():
            return
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    raise AssertionError(f"{path} did not appear")


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is another thing there")
def test_ctrl_c_saves_says_how_to_go_on_and_the_same_command_goes_on(torsos: Path, tmp_path: Path, wishes) -> None:
    first = start(tmp_path, "train", torsos, "--out", "m", *WORDS)
    wait_for(tmp_path / "m.run" / "log.jsonl", first)  # ten steps are done
    first.send_signal(signal.SIGSTOP)
    second = start(tmp_path, "train", torsos, "--out", "m", *WORDS)
    out, err = second.communicate(timeout=60)
    assert (second.returncode, out) == (2, "")
    assert err == "hounsfield: m.run: is in use by another run. Wait for it, or give another --out.\n"
    first.send_signal(signal.SIGCONT)
    first.send_signal(signal.SIGINT)
    out, err = first.communicate(timeout=60)
    assert (first.returncode, out) == (130, "")
    said = "hounsfield: stopped; everything is saved in m.run. Type the same command again to go on."
    assert err.splitlines()[-1] == said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m.run"]
    steps = []
    package = train(torsos, out=tmp_path / "m", steps=100, wishes=wishes, watch=lambda e: steps.append(e.get("step")))
    assert 10 <= next(step for step in steps if step) < 100
    assert package.plan["steps"] == 100
    log = [json.loads(line) for line in (tmp_path / "m.run" / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in log if "loss" in line] == list(range(10, 101, 10))


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is another thing there")
def test_ctrl_c_in_the_scoring_of_a_training_stops_after_the_case(torsos: Path, tmp_path, command, monkeypatch) -> None:
    scored = []

    def limits() -> Limits:
        """What each case is answered within; somebody types Ctrl-C while the first is."""
        scored.append(len(scored))
        if len(scored) == 1:
            signal.raise_signal(signal.SIGINT)
        return Limits()

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(held_out, "Limits", limits)
    ended = command("train", torsos, "--out", "m", *WORDS)
    assert (ended.code, ended.out, scored) == (130, "", [0])
    said = "hounsfield: stopped; everything is saved in m.run. Type the same command again to go on."
    assert ended.said[-1] == said
    again = command("train", torsos, "--out", "m", *WORDS)
    assert (again.code, scored) == (0, [0, 1, 2])


@pytest.mark.skipif(os.name == "nt", reason="SIGINT is another thing there")
def test_ctrl_c_in_predict_keeps_what_is_answered(torsos: Path, model, tmp_path: Path, command) -> None:
    process = start(tmp_path, "predict", model.folder, torsos, "--out", "a", "--json")
    wait_for(tmp_path / "a" / "manifest.jsonl", process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    if process.returncode == 0:  # it was done before the signal came: then nothing may be missing
        assert len(json.loads(out)["done"]) == 10
        return
    assert (process.returncode, out) == (130, "")
    said = "hounsfield: interrupted. Nothing is half written: type the same command again to go on."
    assert err.splitlines()[-1] == said
    assert not list((tmp_path / "a").glob(".*"))
    again = json.loads(command("predict", model.folder, torsos, "--out", tmp_path / "a", "--json").out)
    assert len(again["done"]) + len(again["there"]) == 10
