"""hounsfield compare."""

from __future__ import annotations

from typing import Any

import click

from hounsfield.cli.ending import end_in_part
from hounsfield.cli.printing import print_json
from hounsfield.cli.progress import Line
from hounsfield.cli.tables import print_comparison
from hounsfield.cli.words import as_json, opened_by, opening


@click.command("compare")
@click.argument("a")
@click.argument("b")
@click.argument("truth", required=False)
@click.option("--derive", metavar="NAME", help="Derive cases and truths from other data.")
@opening
@as_json
def compare_command(a: str, b: str, truth: str | None, as_json: bool, **words: Any) -> None:
    """Two models or two folders of answers: B - A per patient, with interval."""
    how = {"derive": words.pop("derive"), **opened_by(words)}
    from hounsfield.verbs.beforehand import check_comparison

    check_comparison((a, b), truth, how["layout"])
    from hounsfield.verbs.compare import compare

    with Line() as watch:
        comparison = compare(a, b, truth, watch=watch, **how)
    if as_json:
        print_json(comparison.to_json())
    else:
        print_comparison(comparison)
    end_in_part(comparison.problems, "not compared")
