"""--help, listings and usage mistakes answer at once: nothing heavy is imported on the way to them."""

from __future__ import annotations

import json
import subprocess
import sys

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


def run(*arguments: str) -> tuple[int, set[str], str]:
    """Exit code, top-level modules that were imported, and all that was said."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, json.dumps(arguments)], capture_output=True, text=True, timeout=60
    )
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
        (("list", "tasks"), 0, "segmentation"),
        (("list", "layouts"), 0, "decathlon"),
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


def test_cli_help_takes_little_time() -> None:
    """CPU seconds, not those of the wall: the least of three, as the machine may be busy."""
    pytest.importorskip("resource")
    used = [float(subprocess.run([sys.executable, "-c", CPU], capture_output=True, text=True).stdout) for _ in range(3)]
    assert min(used) < 0.5
