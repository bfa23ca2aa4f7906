"""hounsfield plan."""

from __future__ import annotations

from typing import Any

import click

from hounsfield.cli.ending import end_in_part
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, asked, asking, print_json


@click.command("plan")
@click.argument("data")
@asking
@as_json
def plan_command(data: str, as_json: bool, **words: Any) -> None:
    """The plan, each decision with its reason; time, memory and disk before anything runs."""
    question = asked(words)
    from hounsfield.verbs.plan import plan

    made = plan(data, watch=Line(), **question)
    if as_json:
        print_json(made.to_json())
    else:
        click.echo(repr(made))
        click.echo(f"disk: {made.rehearsal.disk / 2**20:.0f} MiB while training")
        click.echo(f"\nNext: hounsfield train {data} --minutes {words.get('minutes') or 20:g} --out model")
    end_in_part(made.problems)
