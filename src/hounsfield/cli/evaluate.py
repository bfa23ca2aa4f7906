"""hounsfield evaluate."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from hounsfield.cli.ending import end_in_part
from hounsfield.cli.printing import print_json, tell
from hounsfield.cli.progress import Line
from hounsfield.cli.tables import print_scores
from hounsfield.cli.words import as_json, opened_by, opening


@click.command("evaluate")
@click.argument("answers")
@click.argument("truth")
@click.option("--task", help="What was done, where no manifest says it.")
@click.option("--derive", metavar="NAME", help="Derive the truths from other data.")
@opening
@as_json
def evaluate_command(answers: str, truth: str, as_json: bool, **words: Any) -> None:
    """Score a folder of answers against a data set with truths, or a folder of truth files."""
    how = {"task": words.pop("task"), "derive": words.pop("derive"), **opened_by(words)}
    from hounsfield.verbs.beforehand import check_evaluation

    check_evaluation(Path(answers), truth, how["task"], how["layout"])
    from hounsfield.verbs.evaluate import evaluate

    with Line() as watch:
        scores = evaluate(answers, truth, watch=watch, **how)
    if as_json:
        print_json(scores.to_json())
    else:
        print_scores(scores)
        tell("", f"Look at {answers}/report.html")
    end_in_part(scores.problems, "not done")
