"""hounsfield inspect."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hounsfield.cli.ending import DONE_IN_PART, Ended
from hounsfield.cli.printing import print_json, say, tell
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, opened_by, opening

if TYPE_CHECKING:
    from hounsfield.verbs.inspection import Inspection


@click.command("inspect")
@click.argument("data")
@opening
@as_json
@click.option("--privacy", is_flag=True, help="Look for identifiers in headers too.")
@click.option("--html", metavar="FILE", help="Write a page with pictures of the cases concerned.")
@click.option("--fix", metavar="OUT", help="Write a copy to a new folder with what can be mended safely mended.")
@click.option("--strict", is_flag=True, help="End with exit code 3 when anything is wrong.")
def inspect_command(
    data: str, as_json: bool, privacy: bool, html: str | None, fix: str | None, strict: bool, **words: Any
) -> None:
    """What is there, which task it is for and why, and what is wrong with it."""
    how = opened_by(words)
    from hounsfield.verbs.beforehand import check_data, check_names

    check_names(layout=how["layout"])
    check_data([data])
    from hounsfield.cli.tables import print_faults, print_mended
    from hounsfield.verbs.inspect import inspect

    with Line() as watch:
        found = inspect(data, privacy=privacy, html=html, fix=fix, watch=watch, **how)
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
        if found.mended is not None:
            print_mended(found.mended)
        elif found.mendable:
            tell("", f"{_files(len(found.mendable))} can be mended safely, in a copy: {_fixing(data)}")
        tell("", f"Next: {_next(data, found)}")
    if strict and not found.is_clean:
        raise Ended(DONE_IN_PART)


def _next(data: str, found: Inspection) -> str:
    """What to type next: a mended copy is looked at first; without a truth there is nothing to learn from."""
    folder = shlex.quote(data)
    if found.mended is not None and found.mended.out:
        return f"hounsfield inspect {shlex.quote(found.mended.out)}"
    if found.dataset.task:
        return f"hounsfield plan {folder} --minutes 20"
    return f"hounsfield predict MODEL {folder} --out answers"


def _fixing(data: str) -> str:
    """The command that mends, with a name for the copy beside the data."""
    folder = Path(data) if Path(data).name not in ("", "..") else Path(data).resolve()
    copy = f"{folder.with_suffix('') if folder.suffix == '.zip' else folder}_mended"
    return f"hounsfield inspect {shlex.quote(data)} --fix {shlex.quote(copy)}"


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{number} files"
