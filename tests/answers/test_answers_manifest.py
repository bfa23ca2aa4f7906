"""The manifest of a folder of answers: what somebody has spoilt in it is passed over, the rest is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hounsfield.answers import manifest
from hounsfield.answers.manifest import NAME, Entry

WORDS = {"task": "segmentation", "package": "p", "inputs": "i", "where": "w"}


def test_what_is_added_is_read_back(tmp_path: Path) -> None:
    entry = Entry(
        "a\u2028b", **WORDS, answers={"a.png": "0"}, confidence={"top": 0.5}, alarms=("odd",), peak_bytes=2**40
    )
    refused = Entry("c", **WORDS, problem={"where": "c.png", "what": "is empty", "remedy": ""})
    for one in (entry, refused):
        manifest.add(tmp_path, one)
    assert manifest.entries(tmp_path) == {entry.id: entry, "c": refused}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", 3),
        ("where", None),
        ("answers", ["a.png"]),
        ("answers", {"a.png": 1}),
        ("patient", 7),
        ("seen", ["no"]),
        ("confidence", 0.5),
        ("confidence", {"top": "high"}),
        ("alarms", 5),
        ("alarms", "odd"),
        ("alarms", [5]),
        ("seconds", "long"),
        ("peak_bytes", "much"),
        ("problem", "bad"),
        ("problem", {"where": "x"}),
        ("probabilities", 8),
        ("colour", "red"),
    ],
)
def test_a_line_with_another_value_is_passed_over(tmp_path: Path, field: str, value: Any) -> None:
    lines = [json.dumps({"id": "spoilt", **WORDS, field: value}), json.dumps({"id": "good", **WORDS})]
    (tmp_path / NAME).write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert manifest.entries(tmp_path) == {"good": Entry("good", **WORDS)}


@pytest.mark.parametrize("spoilt", [b"\xff", b'{"id": "\xff"}', b"[" * 100_000, b"\x00", b'{"id": "cut'])
def test_a_line_that_is_no_text_is_passed_over(tmp_path: Path, spoilt: bytes) -> None:
    good = json.dumps({"id": "good", **WORDS}).encode()
    (tmp_path / NAME).write_bytes(spoilt + b"\n" + good + b"\n")
    assert manifest.entries(tmp_path) == {"good": Entry("good", **WORDS)}
