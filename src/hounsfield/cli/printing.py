"""The only way to the terminal: whatever files hold, a line stays one line, and nothing in it commands the terminal."""

from __future__ import annotations

import json
import traceback
from typing import Any

import click

from hounsfield.values.printable import COMMANDS, printable


def tell(*lines: str) -> None:
    """Lines of output; an empty one where none is given."""
    for line in lines or ("",):
        click.echo(printable(line))


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
