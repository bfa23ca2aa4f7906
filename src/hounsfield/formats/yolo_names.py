"""Names of classes as YOLO's sets give them: `names:` of a data.yaml, or a text with a name in each line.

Of YAML only `names` is read, as a list or by number, in brackets or over lines; a mapping of other words is passed
over, as settings of a training have it, and anything else there is refused.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path

from hounsfield.formats.files import read_bytes
from hounsfield.formats.table import decode
from hounsfield.values import MiB, refuse

LIMIT = MiB
YAML = (".yaml", ".yml")
COMMENT = re.compile(r"(?:^|(?<=\s))#")
NAMES = re.compile(r"names[ \t]*:(?=\s|$)")
NUMBERED = re.compile(r"(\d{1,6})[ \t]*:[ \t]+(?=\S)")
WORDED = re.compile(r"['\"]?[^\W\d][^:]*:(?=\s|$)")
SPECIAL = "'\"&*!|>%@`[]{}#?,"
FORM = "Write `names: [first, second]`, or a line `  0: first` for each below `names:`."


def read_names(path: Path) -> dict[int, str]:
    """Number -> name of the classes; none where a YAML has no `names`, or names other things than classes.

    Refuses a YAML whose names are in no form known here, and one of poses, whose points would be taken for outlines.
    """
    text = decode(read_bytes(path, limit=LIMIT), where=str(path))
    if path.suffix.lower() not in YAML:
        return dict(enumerate(line.strip() for line in text.rstrip().splitlines()))
    lines = [line[: found.start()] if (found := COMMENT.search(line)) else line for line in text.splitlines()]
    if any(line.startswith("kpt_shape") for line in lines):
        raise refuse(path, "describes poses (kpt_shape), not boxes", "Export the boxes alone.")
    starts = [at for at, line in enumerate(lines) if NAMES.match(line)]
    if len(starts) > 1:
        raise refuse(f"{path}, line {starts[1] + 1}", "has `names` a second time", "Keep one of them.")
    return _names(path, lines, starts[0]) if starts else {}


def _names(path: Path, lines: list[str], start: int) -> dict[int, str]:
    where = f"{path}, line {start + 1}"
    in_one = lines[start].partition(":")[2].strip()
    if _are_of_others(in_one, lines[start + 1 :]):
        return {}
    items = (
        _in_brackets(where, " ".join([in_one, *lines[start + 1 :]])) if in_one else _over_lines(path, lines, start + 1)
    )
    names: dict[int, str] = {}
    are_numbered = set[bool]()
    for at, item in items:
        match = NUMBERED.match(item)
        number = int(match[1]) if match else len(names)
        are_numbered.add(match is not None)
        if number in names or len(are_numbered) > 1:
            raise refuse(at, f"names the class {number} twice, or some classes without their number", FORM)
        names[number] = _scalar(at, item[match.end() :] if match else item)
    if not names:
        raise refuse(where, "names no class", FORM)
    return names


def _are_of_others(in_one: str, below: list[str]) -> bool:
    """Whether `names` is a mapping, in braces or over lines, none of whose keys is a number."""
    if in_one.startswith("{"):
        items = " ".join([in_one[1:], *below]).partition("}")[0].split(",")
    else:
        items = [] if in_one else list(takewhile(lambda line: not line.strip() or line[0] in " \t", below))
    keys = [item.strip() for item in items if item.strip()]
    return bool(keys) and WORDED.match(keys[0]) is not None and not any(map(NUMBERED.match, keys))


def _over_lines(path: Path, lines: list[str], start: int) -> Iterator[tuple[str, str]]:
    """The items of a list or of a mapping, a line each, until the next key; with where each stands."""
    for at, line in enumerate(lines[start:], start=start + 1):
        where, item = f"{path}, line {at}", line.strip()
        if item.startswith("- "):
            yield where, item[2:].strip()
        elif item and line[0] not in " \t":
            return
        elif item:
            if not NUMBERED.match(item):
                raise refuse(where, f"has {item[:40]!r} among the names of classes", FORM)
            yield where, item


def _in_brackets(where: str, text: str) -> Iterator[tuple[str, str]]:
    """The items of [a, b] or {0: a, 1: b}, which may go over several lines."""
    close = {"[": "]", "{": "}"}.get(text[0], "")
    inside, end, _ = text[1:].partition(close) if close else ("", "", "")
    try:
        found = list(csv.reader([inside], quotechar="'" if "'" in inside else '"', skipinitialspace=True))
    except csv.Error:
        end = ""
    if not end:
        raise refuse(where, "has `names` in a form that is not read", FORM)
    items = [item.strip() for row in found for item in row]
    yield from ((where, item) for item in (items[:-1] if items[-1:] == [""] else items))  # a comma behind the last


def _scalar(where: str, text: str) -> str:
    """A name as it is meant. Refuses what YAML would make something else of, and nothing at all."""
    text = text.strip()
    is_quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "'\""
    name = text[1:-1].replace("''", "'").strip() if is_quoted else text
    if not name or "\\" in name or (not is_quoted and name[0] in SPECIAL):
        raise refuse(where, f"has the name {text[:40]!r}, which is not read", FORM)
    return name
