"""Tables for people on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from hounsfield.values import Scores


def print_scores(scores: Scores) -> None:
    """Values with intervals, the deciding metric first, and what has to be said about them."""
    from rich.console import Console
    from rich.table import Table

    table = Table("metric", "item", "value [95 % interval]", "cases", "better", box=None, pad_edge=False)
    for metric, items in scores.sets.items():
        for item, value in items.items():
            table.add_row(metric, item, str(value), str(value.n), scores.better[metric])
    Console(highlight=False).print(table)
    for note in scores.notes:
        click.echo(note)
