"""What a layout is: it says how sure it is that a folder follows its convention, and reads it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from hounsfield.formats.unzipping import Watch, nobody
from hounsfield.values import Dataset


@dataclass(frozen=True)
class Claim:
    """A layout's answer to "is this folder yours?": how sure (0 to 1) and why, in words for the user.

    task: what the folder would be for, read so; empty where that is open.  root: where the convention begins, when
    it is not the folder itself: what lies beside it may be of another kind.
    """

    sure: float
    why: str
    task: str = ""
    root: Path | None = None


@dataclass(frozen=True)
class ReadOptions:
    """What a user adds to what a folder says of itself.

    columns: names for tables without a line of names.  target: COLUMN, or COLUMN>VALUE for a question of yes or no.
    ignore: columns that are not to become inputs.  watch: is told how many files were looked into, of how many, by
    layouts that have to look into each.
    """

    columns: tuple[str, ...] = ()
    target: str | None = None
    ignore: tuple[str, ...] = ()
    watch: Watch = field(default=nobody, compare=False)


class Layout(Protocol):
    """A folder convention; `folder` may be a single file where the convention knows such (an .npz, a zip, a table)."""

    @property
    def name(self) -> str:
        """The name it is asked for by."""

    def detect(self, folder: Path) -> Claim | None:
        """How sure and why, from file names and a few headers; None where it is something else. Never raises."""

    def read(self, folder: Path, options: ReadOptions) -> Dataset:
        """The cases. Images stay on disk; what is wrong with a case goes into the problems, which name the case."""
