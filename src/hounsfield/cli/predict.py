"""hounsfield predict."""

from __future__ import annotations

from typing import Any

import click

from hounsfield.cli.ending import end_in_part, say
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, opened_by, opening, print_json


@click.command("predict")
@click.argument("model")
@click.argument("data", nargs=-1)
@click.option("--out", required=True, help="The folder for answers and manifest.")
@click.option("--input", "inputs", multiple=True, metavar="ROLE=FILE", help="One case of several inputs; repeat it.")
@click.option("--derive", metavar="NAME", help="Derive the task's cases from other data.")
@opening
@as_json
def predict_command(
    model: str, data: tuple[str, ...], out: str, inputs: tuple[str, ...], as_json: bool, **words: Any
) -> None:
    """Answer every case of the files and folders given; what is done already is passed over."""
    from hounsfield.verbs.predict import predict

    roles = dict(word.split("=", 1) for word in inputs if "=" in word)
    if len(roles) < len(inputs):
        raise click.UsageError("--input takes ROLE=FILE, each role once.")
    how = {"derive": words.pop("derive"), **opened_by(words)}
    answered = predict(model, data, out=out, inputs=roles, watch=Line(), **how)
    if as_json:
        print_json(answered.to_json())
    else:
        click.echo(f"{len(answered.done)} answered, {len(answered.there)} were there already, in {answered.out}")
        for case in answered.alarmed:
            say(f"{case}: unlike the training cases, see alarms in {answered.out}/manifest.jsonl")
        click.echo(f"\nNext: hounsfield evaluate {out} TRUTH")
    end_in_part(answered.problems)
