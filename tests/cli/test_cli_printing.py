"""What files hold reaches the terminal as text: nothing in it is obeyed, and none of it passes for a line of ours."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image as Picture

import hounsfield.cli
from hounsfield.cli.printing import print_json, wrapped
from hounsfield.values.printable import printable

FORGED = "\x1b[31mx\nhounsfield: all is well"


def coco(folder: Path, *, file_name: str, category: str) -> Path:
    images = [{"id": n, "file_name": f"{n}.png", "width": 20, "height": 16} for n in range(4)]
    for image in images:
        Picture.fromarray(np.full((16, 20), 9, "u1")).save(folder / str(image["file_name"]))
    images[0]["file_name"] = file_name
    boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [1, 1, 5, 5]} for n in range(4)]
    data = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": category}]}
    (folder / "annotations.json").write_text(json.dumps(data))
    return folder


def test_a_name_in_a_file_can_not_forge_a_line(command: Callable[..., Any], tmp_path: Path) -> None:
    ended = command("inspect", coco(tmp_path, file_name=FORGED, category="\x1b[2Jcat"))
    assert "hounsfield: all is well" not in [*ended.said, *ended.out.splitlines()]
    assert "\x1b" not in ended.out + "".join(ended.said)
    assert r"\x1b[2Jcat in 3" in ended.out
    assert any(r"\x1b[31mx\nhounsfield: all is well" in line for line in ended.said)


def test_json_says_the_same_names_exactly(command: Callable[..., Any], tmp_path: Path) -> None:
    ended = command("inspect", "--json", coco(tmp_path, file_name="1.png", category="\x1b[2J\x9b\u202ecät"))
    assert not {"\x1b", "\x9b", "\u202e"} & set(ended.out)
    assert "\x1b[2J\x9b\u202ecät in 3" in json.loads(ended.out)["said"]["labels"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\tb\r\n", r"a\tb\r\n"),
        ("\x7f\x85\x9b", r"\x7f\x85\x9b"),
        ("\u202egnp.exe\u2066", r"\u202egnp.exe\u2066"),
        ("\ud800", r"\ud800"),
        ("Männer 码 it's \\x1b", "Männer 码 it's \\x1b"),
    ],
)
def test_only_what_a_terminal_obeys_is_written_out(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_json_holds_half_characters_too(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"name": "\ud800\x85"})
    assert json.loads(capsys.readouterr().out) == {"name": "\ud800\x85"}


def test_there_is_one_way_to_the_terminal() -> None:
    folder = Path(hounsfield.cli.__path__[0])
    ways = {path.name for path in folder.glob("*.py") if "echo(" in path.read_text(encoding="utf-8")}
    assert ways == {"printing.py"}


def test_a_choice_that_was_not_made_is_said_in_one_line(command: Callable[..., Any]) -> None:
    ended = command("list")
    assert ended.code == 2
    assert len(ended.said) == 1
    assert "\\n" not in ended.said[0]


def test_a_line_longer_than_the_terminal_goes_on_below_its_text():
    line = "   read as  decathlon (imagesTr and labelsTr and dataset.json are there, as in the decathlon and nnU-Net)"
    assert wrapped(line, 60).splitlines() == [
        "   read as  decathlon (imagesTr and labelsTr and",
        "            dataset.json are there, as in the decathlon and",
        "            nnU-Net)",
    ]
    assert wrapped("  a/b.nii.gz has " + "word " * 9, 40).splitlines()[1].startswith("    word")
    assert wrapped(line, 200) == line
