"""hounsfield plan."""

from __future__ import annotations

import shlex
from typing import Any

import click

from hounsfield.cli.ending import end_in_part
from hounsfield.cli.printing import print_json, tell
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, asked, asking


@click.command("plan")
@click.argument("data")
@asking
@as_json
def plan_command(data: str, as_json: bool, **words: Any) -> None:
    """The plan, each decision with its reason; time, memory and disk before anything runs."""
    question = asked(data, words)
    from hounsfield.verbs.plan import plan

    with Line() as watch:
        made = plan(data, watch=watch, **question)
    if as_json:
        print_json(made.to_json())
    else:
        tell(*made.lines())
        tell("", f"Next: hounsfield train {shlex.quote(data)} {_options(question)} --out model")
    end_in_part(made.problems)


def _options(question: dict[str, Any]) -> str:
    """The options that decide a training, as they were given."""
    words: list[str] = []
    for name, value in question.items():
        option = f"--{name.replace('_', '-')}"
        if name == "wishes":
            words += [word for key, wish in value for word in ("--set", f"{key}={wish}")]
        elif name == "columns" and value:
            words += [option, ",".join(value)]
        elif name == "ignore":
            words += [word for column in value for word in (option, column)]
        elif value is not None and value != () and (name, value) != ("seed", 0):
            words += [option, f"{value:g}" if isinstance(value, float) else str(value)]
    is_limited = question.get("minutes") is not None or question.get("steps") is not None
    return shlex.join(words if is_limited else ["--minutes", "20", *words])
