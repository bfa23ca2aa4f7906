"""hounsfield compare."""

from __future__ import annotations

from typing import Any

import click

from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, opened_by, opening, print_json


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.argument("truth", required=False)
@opening
@as_json
def compare_command(a: str, b: str, truth: str | None, as_json: bool, **words: Any) -> None:
    """Two models or two folders of answers: B - A per patient, with interval."""
    from hounsfield.verbs.compare import compare

    comparison = compare(a, b, truth, watch=Line(), **opened_by(words))
    if as_json:
        print_json(comparison.to_json())
    else:
        click.echo(repr(comparison))
