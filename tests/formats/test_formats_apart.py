"""The process apart: what it answers, what becomes of it, and from where it imports."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pytest

import hounsfield
from hounsfield.formats import apart
from hounsfield.formats.apart import Apart, Late, Lost, NotStarted


def test_json_and_bytes_come_back_whatever_the_library_prints():
    echo = Apart("apart_deeds:echo")
    data = bytes(range(256)) * 4000
    assert echo.ask({"name": "ü\n", "n": [1, 2]}, data, size=0) == ({"said": {"name": "ü\n", "n": [1, 2]}}, data[::-1])
    assert echo.ask({}, b"", size=0) == ({"said": {}}, b"")


def test_one_process_serves_all_questions():
    pid = Apart("apart_deeds:pid")
    (first, _), (second, _) = pid.ask({}, size=0), pid.ask({}, size=0)
    assert first == second
    assert first["pid"] != os.getpid()


@pytest.mark.parametrize("deed", ["abort", "leave"])
def test_a_process_that_ends_is_no_answer(deed):
    with pytest.raises(Lost, match="ended over it"):
        Apart(f"apart_deeds:{deed}").ask({}, size=0)


def test_after_such_a_question_the_next_is_answered():
    asked = Apart("apart_deeds:abort_if_bad")
    before, _ = asked.ask({}, size=0)
    with pytest.raises(Lost):
        asked.ask({"bad": True}, size=0)
    after, _ = asked.ask({}, size=0)
    assert before != after


def test_what_it_raises_is_said_and_it_stays():
    asked = Apart("apart_deeds:fail")
    for _ in range(2):
        with pytest.raises(Lost, match="no such marker"):
            asked.ask({}, size=0)


def test_what_takes_too_long_is_ended_and_asked_again_later(monkeypatch):
    monkeypatch.setattr(apart, "PATIENCE_S", 0.2)
    sleep = Apart("apart_deeds:sleep")
    with pytest.raises(Late, match="longer than"):
        sleep.ask({}, size=0)
    with pytest.raises(Late, match="a moment ago"):
        sleep.ask({}, size=0)
    assert sleep.ask({"seconds": 0}, size=0) == ({}, b"")
    monkeypatch.setattr(apart, "MEMORY_S", 0.0)
    for _ in range(2):
        with pytest.raises(Late, match="longer than"):
            sleep.ask({"seconds": 601}, size=0)


def test_large_files_have_more_time(monkeypatch):
    monkeypatch.setattr(apart, "PATIENCE_S", 0.1)
    assert Apart("apart_deeds:sleep").ask({"seconds": 0.5}, size=100 * apart.SLOWEST) == ({}, b"")


def test_a_process_that_does_not_start_says_nothing_of_the_file():
    with pytest.raises(NotStarted):
        Apart("apart_deeds:no_such_function").ask({}, size=0)


def test_nothing_is_imported_from_the_folder_that_is_inspected(tmp_path):
    """In a folder from a stranger, modules called like those of the library."""
    for number in range(4):
        with h5py.File(tmp_path / f"{number}.h5", "w") as file:
            file["image"] = np.random.default_rng(number).random((8, 9, 7))
            file["label"] = np.arange(504).reshape(8, 9, 7) % 3
    for name in ("queue", "json", "numpy", "h5py", "sitecustomize", "hounsfield"):
        (tmp_path / f"{name}.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'a').write({name!r})\n")
    command = [sys.executable, "-P", "-m", "hounsfield", "inspect", "."]
    source = str(Path(hounsfield.__file__).parents[1])
    found = subprocess.run(
        command, cwd=tmp_path, env={**os.environ, "PYTHONPATH": source}, capture_output=True, text=True, check=False
    )
    assert "4" in found.stdout, found.stderr
    assert not (tmp_path / "ran").exists(), (tmp_path / "ran").read_text()
