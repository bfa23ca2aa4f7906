"""Nothing in a file can crash, hang or flood the program: every file of the corpus, opened as a person would.

Whatever is refused is refused in lines that name the file and the remedy, without a traceback, with the exit codes of
the house, within 5 processor seconds and 300 MB beyond the idle process.
"""

from __future__ import annotations

import json
import queue
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from corpus import Item, names, sample, written
from corpus_good import GOOD

WORKER = Path(__file__).parent / "corpus_worker.py"
HANGS = 60.0  # seconds on the wall: what takes longer does not end by itself
SECONDS, BYTES = 5.0, 300e6
CODES = (0, 2, 3)
OBEYED = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")  # all but the end of a line


@dataclass
class Opener:
    """The worker, started anew when a file has brought it down."""

    worker: subprocess.Popen[str] | None = None
    lines: queue.Queue[str] = field(default_factory=queue.Queue)

    def open(self, path: Path) -> dict[str, Any] | None:
        """How opening went, or None where the worker died or did not come back."""
        worker = self.worker if self.worker is not None and self.worker.poll() is None else self._start()
        assert worker.stdin is not None
        worker.stdin.write(json.dumps(str(path)) + "\n")
        worker.stdin.flush()
        try:
            line = self.lines.get(timeout=HANGS)
        except queue.Empty:
            line = ""
        if not line:
            self.close()
            return None
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _start(self) -> subprocess.Popen[str]:
        self.worker = subprocess.Popen(
            [sys.executable, str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.lines = queue.Queue()
        threading.Thread(target=self._listen, args=(self.worker, self.lines), daemon=True).start()
        return self.worker

    @staticmethod
    def _listen(worker: subprocess.Popen[str], lines: queue.Queue[str]) -> None:
        assert worker.stdout is not None
        for line in worker.stdout:
            lines.put(line)
        lines.put("")

    def close(self) -> None:
        if self.worker is not None:
            self.worker.kill()
            self.worker.wait()
            self.worker = None


@pytest.fixture(scope="module")
def opener() -> Iterator[Opener]:
    opener = Opener()
    yield opener
    opener.close()


def faults(item: Item, answer: dict[str, Any] | None) -> list[str]:
    """What was not as it should be when an item was opened."""
    if answer is None:
        return ["brought the program down, or never ended"]
    found = []
    said = [line for line in answer["said"].splitlines() if not line.startswith("looking at the cases  ")]
    if obeyed := OBEYED.findall(answer["out"] + answer["said"]):
        found.append(f"characters that a terminal obeys: {obeyed!a}")
    if "Traceback" in answer["said"] + answer["out"]:
        found.append(f"a traceback: {said[-1] if said else ''}")
    if answer["code"] not in CODES:
        found.append(f"exit code {answer['code']}")
    if any(not line.startswith("hounsfield: ") or line[-1] not in ".?" for line in said):
        found.append(f"a line that is no sentence of ours: {said}")
    if answer["code"] == 2 and not any(str(item.path) in line or item.path.name in line for line in said):
        found.append(f"no line names {item.path.name}: {said}")
    if item.must == "read" and answer["code"] != 0:
        found.append(f"was refused: {said}")
    if item.must == "refuse" and answer["code"] == 0 and not said:
        found.append(f"was read without a word: {answer['out'][:200]}")
    if answer["seconds"] > SECONDS:
        found.append(f"took {answer['seconds']:.1f} s")
    if answer["bytes"] > BYTES:
        found.append(f"took {answer['bytes'] / 1e6:.0f} MB")
    return found


def check(opener: Opener, folder: Path, chosen: list[tuple[str, str]]) -> None:
    for good in ("nii", "png", "tiff", "hdf5", "dicom-series", "csv"):  # imports are not the file's doing
        (folder / "good" / good).mkdir(parents=True)
        assert opener.open(GOOD[good](folder / "good" / good)[0])
    found = {item.name: faults(item, opener.open(item.path)) for item in written(folder, chosen)}
    bad = [f"{name}: {'; '.join(those)}" for name, those in found.items() if those]
    assert not bad, f"{len(bad)} of {len(found)}\n" + "\n".join(bad)


def test_sixty_bad_files_are_read_or_refused_in_words(opener: Opener, tmp_path: Path) -> None:
    check(opener, tmp_path, sample(60))


@pytest.mark.large
def test_every_bad_file_is_read_or_refused_in_words(opener: Opener, tmp_path: Path) -> None:
    assert len(names()) >= 600
    check(opener, tmp_path, names())
