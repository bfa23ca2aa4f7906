"""--help, listings and usage mistakes answer at once: nothing heavy is imported on the way to them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    "torch", "numpy", "scipy", "nibabel", "pydicom", "pydantic", "SimpleITK", "sklearn", "pandas", "matplotlib",
    "openvino", "onnx", "onnxruntime", "lightning_fabric", "flwr", "dask", "highdicom", "jinja2", "rich", "PIL",
    "safetensors",
}  # fmt: skip

PROGRAM = """
import json, sys
sys.argv = ["hounsfield", *json.loads(sys.argv[1])]
from hounsfield.cli.main import main
try:
    main()
except SystemExit as ended:
    code = ended.code
sys.stdout.flush()
print(json.dumps({"code": code, "modules": sorted(sys.modules)}), file=sys.stderr)
"""

CPU = """
import resource, subprocess, sys
subprocess.run([sys.executable, "-m", "hounsfield", "--help"], check=True, stdout=subprocess.DEVNULL)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(used.ru_utime + used.ru_stime)
"""


def run(*arguments: str, where: Path | None = None) -> tuple[int, set[str], str]:
    """Exit code, top-level modules that were imported, and all that was said, in a folder."""
    program = [sys.executable, "-c", PROGRAM, json.dumps(arguments)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60, cwd=where)
    told = json.loads(done.stderr.splitlines()[-1])
    return told["code"], {name.partition(".")[0] for name in told["modules"]}, done.stdout + done.stderr


def done_in_words(output: str) -> str:
    """What was said, without the list of modules."""
    return "\n".join(output.splitlines()[:-1])


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--help",), 0, "segment|inspect"),
        (("--version",), 0, "hounsfield"),
        (("train", "--help"), 0, "--minutes"),
        (("predict", "--help"), 0, "--out"),
        (("list", "methods"), 0, "unet"),
        (("list", "methods", "--json"), 0, "unet"),
        (("list", "tasks"), 0, "Segmentation: a class for each element"),
        (("list", "layouts"), 0, "The folders of the Medical Segmentation Decathlon"),
        (("list", "checks", "--json"), 0, "Label maps that do not lie on their image's grid"),
        (("list", "formats"), 0, "NIfTI, .nii, .nii.gz"),
        (("list", "poems"), 2, "methods"),
        (("train",), 2, "DATA"),
        (("train", "data"), 2, "--out"),
        (("train", "data", "--out", "x", "--set", "noequals"), 2, "noequals"),
        (("train", "data", "--out", "x", "--minutes", "soon"), 2, "soon"),
        (("train", "data", "--out", "x", "--method", "unett"), 2, "unet"),
        (("train", "data", "--out", "x", "--task", "poetry"), 2, "segmentation"),
        (("train", "data", "--out", "x", "--method", "unet", "--set", "flux=1"), 2, "patch"),
        (("plan", "data", "--set", "noequals"), 2, "noequals"),
        (("predict", "model", "data", "--out", "x", "--probabilities", "float64"), 2, "uint8"),
        (("travel",), 2, "travel"),
        (("--flux",), 2, "--flux"),
    ],
    ids=str,
)
def test_cli_imports_nothing_heavy(arguments: tuple[str, ...], code: int, said: str) -> None:
    ended, modules, output = run(*arguments)
    assert ended == code, done_in_words(output)
    assert any(word in output for word in said.split("|"))
    assert "Traceback" not in output
    assert sorted(modules & HEAVY) == []


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds a folder of data, files, an answer's folder and something that is no model."""
    folder = tmp_path_factory.mktemp("usage")
    for name in ("data/images/a.png", "taken/notes.txt", "t.json", "a/scan.csv", "b/scan.csv"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("something")
    return folder


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train data --out new --set flux=1", "--set flux: is no option of any method. Known: "),
        ("train data --out new --set pach=8,8,8", "Did you mean 'patch'?"),
        ("train data --out new --set batch=many", "--set batch: batch takes a whole number"),
        ("train data --out new --task registration --set patch=8", "is no option of any method for registration."),
        ("train data --out new --method unet --set patch=big", "--set patch: patch takes whole numbers"),
        ("train data --out new --method unet --task diagnosis", "--method unet: does segmentation, not diagnosis."),
        ("train data --out new --layout poem", "decathlon"),
        ("train data --out new --minutes -3", "--minutes: is -3."),
        ("train data --out new --seed -1", "--seed: is -1."),
        ("train data --out new --minutes 3 --steps 5", "--minutes: is given together with --steps"),
        ("train data --out taken", "taken: is there already."),
        ("train data --out new --split parts.csv", "parts.csv: does not exist."),
        ("train data --out new --plan plan.json", "plan.json: can not be read"),
        ("train data --out new --plan t.json", "t.json: is not in the form of a plan."),
        ("train data --out new --start-from elsewhere", "elsewhere: is no package"),
        ("train elsewhere --out new", "elsewhere: does not exist."),
        ("plan elsewhere", "elsewhere: does not exist."),
        ("plan data --minutes 0", "--minutes: is 0."),
        ("inspect elsewhere", "elsewhere: does not exist."),
        ("inspect data --layout poem", "decathlon"),
        ("predict elsewhere data --out new", "elsewhere: is no package: there is no such folder."),
        ("predict data data --out new", "data: is no package: it has no package.json."),
        ("show elsewhere", "elsewhere: is no package"),
        ("evaluate elsewhere data", "elsewhere: is no folder of answers."),
        ("evaluate taken elsewhere", "elsewhere: does not exist."),
        ("evaluate taken data --task poetry", "segmentation"),
        ("evaluate taken data --layout poem", "decathlon"),
        ("compare elsewhere taken data", "elsewhere: is neither a model nor a folder of answers."),
        ("compare taken taken elsewhere", "elsewhere: does not exist."),
        ("register x.nii y.nii --out new", "x.nii: does not exist."),
        ("register data data --out t", "t.json: is there already."),
        ("register data data --out new --method unett", "Did you mean 'unet'?"),
        ("register data data --out new --method unet", "--method unet: does segmentation, not registration."),
        ("register data data --out new --set flux=1", "--set flux: is no option of any method for registration."),
        ("apply x.json a/scan.csv --out new", "x.json: does not exist."),
        ("apply t.json x.csv y.csv --out new", "x.csv (and all others, 2 in all): does not exist."),
        ("apply t.json a/scan.csv b/scan.csv --out new", "has the name of another file given"),
        ("apply t.json a/scan.csv --out a", "a/scan.csv: would be written over."),
    ],
)  # fmt: skip
def test_cli_usage_mistakes_import_nothing_heavy(place: Path, words: str, said: str) -> None:
    ended, modules, output = run(*words.split(), where=place)
    assert ended == 2, done_in_words(output)
    assert said in done_in_words(output)
    assert "Traceback" not in output
    assert sorted(modules & HEAVY) == []


def test_cli_a_place_for_answers_is_looked_at_first(place: Path) -> None:
    (place / "model").mkdir(exist_ok=True)
    (place / "model" / "package.json").touch()
    for out, data, said in [
        ("taken", "data", "taken: holds other files"),
        ("t.json", "data", "t.json: is a file, not a folder for answers."),
        ("new", "elsewhere", "elsewhere: does not exist."),
        ("new", "data --layout poem", "decathlon"),
    ]:
        ended, modules, output = run("predict", "model", *data.split(), "--out", out, where=place)
        assert (ended, sorted(modules & HEAVY)) == (2, []), done_in_words(output)
        assert said in done_in_words(output)
    assert not (place / "new").exists()


def test_cli_help_takes_little_time() -> None:
    """CPU seconds, not those of the wall: the least of three, as the machine may be busy."""
    pytest.importorskip("resource")
    used = [float(subprocess.run([sys.executable, "-c", CPU], capture_output=True, text=True).stdout) for _ in range(3)]
    assert min(used) < 0.5
