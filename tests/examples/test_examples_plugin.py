"""A method and a format in a distribution of its own, installed and used."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hounsfield.layouts.decathlon import write
from hounsfield.phantoms.dataset import phantom_dataset

PLUGIN = Path(__file__).parents[2] / "examples" / "plugin"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source") / "plugin"
    subprocess.run(["cp", "-r", str(PLUGIN), str(source)], check=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", str(folder), str(source)], check=True)
    return folder


def hounsfield(site: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site)}
    command = [sys.executable, "-m", "hounsfield", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_is_listed_once_installed(site: Path) -> None:
    assert "intensity" in hounsfield(site, "list", "methods").stdout
    assert (
        "intensity"
        not in subprocess.run(
            [sys.executable, "-m", "hounsfield", "list", "methods"], capture_output=True, text=True, check=True
        ).stdout
    )


def test_trains_predicts_and_is_scored(site: Path, tmp_path: Path) -> None:
    data, model, out = (str(tmp_path / name) for name in ("data", "model", "out"))
    write(phantom_dataset("torso", cases=8), Path(data))
    trained = hounsfield(site, "train", data, "--method", "intensity", "--out", model)
    assert trained.returncode == 0, trained.stderr
    assert hounsfield(site, "predict", model, data, "--out", out).returncode == 0
    scored = hounsfield(site, "evaluate", out, data)
    assert scored.returncode == 0, scored.stderr
    assert "dice" in scored.stdout


def test_its_models_do_not_open_without_it(site: Path, tmp_path: Path) -> None:
    data, model = str(tmp_path / "data"), str(tmp_path / "model")
    write(phantom_dataset("torso", cases=8), Path(data))
    assert hounsfield(site, "train", data, "--method", "intensity", "--out", model).returncode == 0
    shown = subprocess.run(
        [sys.executable, "-m", "hounsfield", "show", model], capture_output=True, text=True, check=False
    )
    assert shown.returncode == 2
    assert "intensity" in shown.stderr
    assert "Traceback" not in shown.stderr


def test_brings_a_format(site: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    for part in ("images", "masks"):
        (data / part).mkdir(parents=True)
    for name in ("01", "02"):
        (data / "images" / f"{name}.rows").write_text("0.5 1 2\n3 4 5.25\n")
        (data / "masks" / f"{name}.rows").write_text("0 0 1\n0 2 2\n")
    assert ".rows" in hounsfield(site, "list", "formats").stdout
    inspected = hounsfield(site, "inspect", str(data), "--json")
    assert inspected.returncode == 0, inspected.stderr
    found = json.loads(inspected.stdout)
    assert [case["id"] for case in found["cases"]] == ["01", "02"]
    assert found["said"]["labels"] == "1=label_1 in 2, 2=label_2 in 2"
    (data / "images" / "02.rows").write_text("0.5 1\n3 four\n")
    bad = hounsfield(site, "inspect", str(data))
    assert "02.rows: is no text with a row of numbers in each line" in bad.stderr
    without = subprocess.run(
        [sys.executable, "-m", "hounsfield", "inspect", str(data)], capture_output=True, text=True, check=False
    )
    assert without.returncode == 2
