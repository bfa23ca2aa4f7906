"""One self-contained HTML page of what is wrong with a folder of data, with pictures of the cases concerned."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import NamedTuple

from markupsafe import Markup

from hounsfield.reports.assets import asset, environment
from hounsfield.values import Fault

SHOWN = 20  # faults of a check that are open to the eye; the rest unfolds
PICTURED = 4  # cases of a fault with a picture


class Seen(NamedTuple):
    """A picture of a case: its caption, and the PNG."""

    caption: str
    png: bytes


@dataclass(frozen=True)
class AuditContent:
    """What a page says.

    folder: what the names of files begin with, which the page leaves out.  rows: what is there, a word and a sentence
    each.  faults: the surest first.  also: the further ones of each other layout.  pictures: what each fault looks
    like.
    """

    title: str
    summary: str
    command: str
    folder: str = ""
    rows: Sequence[tuple[str, str]] = ()
    faults: Sequence[Fault] = ()
    also: Mapping[str, Sequence[Fault]] = field(default_factory=dict)
    pictures: Mapping[Fault, Sequence[Seen]] = field(default_factory=dict)


class Group(NamedTuple):
    """The faults of one check, the surest first: those that are shown and those that unfold."""

    check: str
    surest: str
    shown: Sequence[Fault]
    folded: Sequence[Fault]


def audit_page(content: AuditContent) -> str:
    """The page as HTML: nothing is fetched, no script runs, and everything that came from files is escaped."""
    engine = environment()
    groups, also = grouped(content.faults), {layout: grouped(faults) for layout, faults in content.also.items()}
    engine.filters |= {"sure": sureness, "inside": lambda words: inside(words, content.folder), "base64": _base64}
    return engine.from_string(asset("audit_page.html")).render(
        content=content,
        css=Markup(asset("page.css") + asset("audit_page.css")),
        groups=groups,
        also=also,
        every=[*groups, *chain.from_iterable(also.values())],
        pictured=PICTURED,
    )


def grouped(faults: Sequence[Fault]) -> list[Group]:
    """The faults by check, the check with the surest fault first."""
    checks: dict[str, list[Fault]] = {}
    for fault in sorted(faults, key=lambda fault: -fault.sure):
        checks.setdefault(fault.check, []).append(fault)
    return [
        Group(check.replace("_", " "), sureness(found[0].sure), found[:SHOWN], found[SHOWN:])
        for check, found in checks.items()
    ]


def pictured(faults: Sequence[Fault]) -> list[tuple[Fault, tuple[str, ...]]]:
    """The faults that a page shows with pictures, the surest first, and the cases of each that are shown."""
    shown = [fault for group in grouped(faults) for fault in group.shown]
    return [(fault, fault.cases[:PICTURED]) for fault in sorted(shown, key=lambda fault: -fault.sure)]


def inside(words: str, folder: str) -> str:
    """Words in which files are named as they are called inside a folder or a zip file."""
    for end in ("/", "\\", "::"):
        words = words.replace(f"{folder}{end}", "") if folder else words
    return words


def sureness(sure: float) -> str:
    """How sure a fault is, in words and as a number."""
    word = "certain" if sure >= 0.995 else "likely" if sure >= 0.7 else "perhaps"
    return word if word == "certain" else f"{word} ({100 * sure:.0f} %)"


def _base64(png: bytes) -> str:
    return base64.b64encode(png).decode()
