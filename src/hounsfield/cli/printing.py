"""The only way to the terminal: whatever files hold, a line stays one line, and nothing in it commands the terminal."""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
import traceback
from typing import Any

import click

from hounsfield.values.printable import COMMANDS, printable

LABEL = re.compile(r" *[a-z]+(?: [a-z]+)?  (?=\S)")
"""A word, or two, before what is said under it."""


def tell(*lines: str) -> None:
    """Lines of output; an empty one where none is given."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for line in lines or ("",):
        click.echo(printable(line) if width is None else wrapped(printable(line), width))


def wrapped(line: str, width: int) -> str:
    """A line broken between words where it is longer than a terminal is wide, what follows indented below its text."""
    if len(line) <= width:
        return line
    label = LABEL.match(line)
    indent = len(label[0]) if label else len(line) - len(line.lstrip()) + 2
    hanging = " " * min(indent, width // 2)
    return textwrap.fill(
        line, width, subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )


def say(line: str) -> None:
    """One line to the person, beside the output."""
    click.echo(printable(f"hounsfield: {line}"), err=True)


def print_json(data: Any) -> None:
    """Plain JSON on standard output: exact when read back, though a terminal that shows it has nothing to obey."""
    for line in json.dumps(data, indent=1, ensure_ascii=False).split("\n"):
        click.echo(COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", line))


def print_trace(error: Exception) -> None:
    """Where a fault of ours came from, beside the output."""
    for line in "".join(traceback.format_exception(error)).rstrip("\n").split("\n"):
        click.echo(printable(line), err=True)
