"""hounsfield predict."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import click

from hounsfield.cli.ending import NOTHING_DONE, Ended, end_in_part, say_problems
from hounsfield.cli.printing import print_json, say, tell
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, opened_by, opening


@click.command("predict")
@click.argument("model")
@click.argument("data", nargs=-1)
@click.option("--out", required=True, help="The folder for answers and manifest.")
@click.option("--input", "inputs", multiple=True, metavar="ROLE=FILE", help="One case of several inputs; repeat it.")
@click.option(
    "--probabilities", type=click.Choice(("uint8", "float16")), help="Write maps of every class beside the answers."
)
@click.option("--derive", metavar="NAME", help="Derive the task's cases from other data.")
@opening
@as_json
def predict_command(
    model: str, data: tuple[str, ...], out: str, inputs: tuple[str, ...], as_json: bool, **words: Any
) -> None:
    """Answer every case of the files and folders given; what is done already is passed over."""
    roles = _roles(inputs)
    how = {name: words.pop(name) for name in ("derive", "probabilities")} | opened_by(words)
    from hounsfield.verbs.beforehand import check_prediction

    check_prediction(model, data, roles, Path(out), how["layout"])
    from hounsfield.verbs.predict import predict

    with Line() as watch:
        answered = predict(model, data, out=out, inputs=roles, watch=watch, **how)
    is_something = bool(answered.done or answered.there)
    if as_json:
        print_json(answered.to_json())
    elif is_something:
        was = "was" if len(answered.there) == 1 else "were"
        there = f", {len(answered.there)} {was} there already" if answered.there else ""
        tell(f"{len(answered.done)} answered{there}, in {answered.out}")
        tell("", f"Next: hounsfield evaluate {shlex.quote(out)} TRUTH")
    for case in () if as_json else answered.alarmed:
        say(f"{case}: unlike the training cases, see alarms in {answered.out}/manifest.jsonl")
    if not is_something:
        say_problems(answered.problems)
        raise Ended(NOTHING_DONE)
    end_in_part(answered.problems, "not answered")


def _roles(inputs: tuple[str, ...]) -> dict[str, str]:
    """Role -> file of ROLE=FILE words. Raises UsageError for other words, and for a role named twice."""
    roles: dict[str, str] = {}
    for word in inputs:
        role, _, file = word.partition("=")
        if not role or not file or role in roles:
            raise click.UsageError(f"--input {word}: write ROLE=FILE, each role once.")
        roles[role] = file
    return roles
