"""hounsfield inspect."""

from __future__ import annotations

import shlex
from typing import Any

import click

from hounsfield.cli.ending import DONE_IN_PART, Ended
from hounsfield.cli.printing import print_json, say, tell
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, opened_by, opening


@click.command("inspect")
@click.argument("data")
@opening
@as_json
@click.option("--privacy", is_flag=True, help="Look for identifiers in headers too.")
@click.option("--html", metavar="FILE", help="Write a page with pictures of the cases concerned.")
@click.option("--strict", is_flag=True, help="End with exit code 3 when anything is wrong.")
def inspect_command(data: str, as_json: bool, privacy: bool, html: str | None, strict: bool, **words: Any) -> None:
    """What is there, which task it is for and why, and what is wrong with it."""
    how = opened_by(words)
    from hounsfield.verbs.beforehand import check_data, check_names

    check_names(layout=how["layout"])
    check_data([data])
    from hounsfield.cli.tables import print_faults
    from hounsfield.verbs.inspect import inspect

    with Line() as watch:
        found = inspect(data, privacy=privacy, html=html, watch=watch, **how)
    if as_json:
        print_json(found.to_json())
    else:
        tell(*found.lines())
        for problem in found.problems:
            say(str(problem))
        print_faults(found.faults, below=found.dataset.where)
        for layout, faults in found.newly_found().items():
            tell("", f"Read as {layout}, also:")
            print_faults(faults, below=found.dataset.where)
        if html is not None:
            tell("", f"Look at {html}")
        tell("", f"Next: {_next(data, found.dataset.task)}")
    if strict and not found.is_clean:
        raise Ended(DONE_IN_PART)


def _next(data: str, task: str) -> str:
    """What to type next: without a truth there is nothing to learn from."""
    folder = shlex.quote(data)
    return f"hounsfield plan {folder} --minutes 20" if task else f"hounsfield predict MODEL {folder} --out answers"
