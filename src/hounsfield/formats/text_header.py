"""Headers of text, with the numbers behind them or in a file of their own beside: NRRD's and MetaImage's."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath

from hounsfield.formats.files import size_of
from hounsfield.formats.stored import AGAIN
from hounsfield.values import MiB, Refused, refuse

LONGEST = MiB // 4
"""Bytes in which a header must end."""


def header_lines(path: Path) -> Iterator[tuple[str, int]]:
    """The lines at the beginning of a file, each with the offset of what follows it."""
    size_of(path)
    try:
        with open(path, "rb") as file:
            head = file.read(LONGEST)
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", "Check the permissions of the file.") from None
    at = 0
    while at < len(head):
        end = head.find(b"\n", at)
        after = len(head) if end < 0 else end + 1
        yield head[at:after].decode("utf-8", "replace").rstrip("\r\n"), after
        at = after


def beside(path: Path, name: str) -> Path:
    """The file that a header names, in the header's own folder. Refuses to look into any other place."""
    plain = name.removeprefix("./")
    as_paths = (PurePosixPath(plain), PureWindowsPath(plain))
    if "\0" in plain or plain in ("", "..") or any(as_path.name != plain for as_path in as_paths):
        what = f"says that its numbers are in {name!r}, which is no file in its own folder"
        raise refuse(path, what, "Put both files into one folder, and name the second in the header without a folder.")
    return path.with_name(plain)


def many_files(path: Path) -> Refused:
    """The refusal of numbers that are spread over several files."""
    return refuse(path, "has its numbers spread over several files", "Save it as one file.")


def floats(path: Path, field: str, text: str, count: int) -> list[float]:
    """So many numbers of a field. Refuses other words, and fewer or more of them."""
    try:
        numbers = [float(word) for word in text.split()]
    except ValueError:
        numbers = []
    if len(numbers) != count:
        raise refuse(path, f"states {field} as {shortened(text)}, where {count} numbers belong", AGAIN)
    return numbers


def sizes(path: Path, text: str, count: int) -> tuple[int, ...]:
    """So many sizes of axes, each at least 1."""
    try:
        numbers = tuple(int(word) for word in text.split())
    except ValueError:
        numbers = ()
    if len(numbers) != count or min(numbers, default=0) < 1:
        raise refuse(path, f"declares an impossible size, {shortened(text)}", AGAIN)
    return numbers


def whole(path: Path, field: str, text: str) -> int:
    """The whole number of a field."""
    try:
        return int(text)
    except ValueError:
        raise refuse(path, f"states {field} as {shortened(text)}, where a whole number belongs", AGAIN) from None


def shortened(text: str) -> str:
    """A field's words as a refusal shows them."""
    return repr(text if len(text) <= 60 else f"{text[:60]}...")


def spelled(numbers: Iterable[float]) -> str:
    """Numbers as a header spells them, so that they read back equal to the bit."""
    return " ".join(repr(float(number)) for number in numbers)
