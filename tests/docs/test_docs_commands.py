"""Every command that the documents show is run, minutes shortened to steps."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("docs/tutorial/forty-scans.md", "docs/how-to/check-your-data.md", "README.md")
BLOCK = re.compile(r"```(console|python)\n(.*?)```", re.DOTALL)
TINY = ["--set", "features=4,8", "--set", "batch=1", "--set", "supervised=0", "--set", "patch=16,16,16"]


def commands(page: Path) -> list[tuple[str, str]]:
    found = []
    for kind, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if kind == "python":
            found.append(("python", text))
        else:
            found += [("shell", line[2:]) for line in text.splitlines() if line.startswith("$ ")]
    return found


def shortened(line: str) -> list[str]:
    words = shlex.split(line)
    if words[0] == "python":
        return [sys.executable, str(ROOT / words[1]), *["10" if word == "40" else word for word in words[2:]]]
    if "--minutes" in words:
        at = words.index("--minutes")
        words[at : at + 2] = ["--steps", "2"]
        words += TINY if "--set" not in words else []
    return [sys.executable, "-m", *words]


@pytest.mark.parametrize("page", PAGES)
def test_every_command_of_a_page_works(page: str, tmp_path: Path) -> None:
    found = commands(ROOT / page)
    assert found, f"{page} shows no command"
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    for kind, text in found:
        words = [sys.executable, "-c", text.replace("steps=20", "steps=1")] if kind == "python" else shortened(text)
        ended = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, f"{text}\n{ended.stdout}\n{ended.stderr}"
