"""hounsfield show, list, doctor."""

from __future__ import annotations

from typing import Any

import click

from hounsfield.cli.ending import DONE_IN_PART, Ended
from hounsfield.cli.printing import print_json, tell
from hounsfield.cli.words import as_json


@click.command("list")
@click.argument("what", type=click.Choice(["methods", "tasks", "formats", "layouts", "checks"]))
@as_json
def list_command(what: str, as_json: bool) -> None:
    """What there is: methods, tasks, formats, layouts, checks of the data."""
    from hounsfield.verbs.listing import listing

    rows = listing(what)
    if as_json:
        print_json(rows)
        return
    for row in rows:
        name, rest = row["name"], [row[key] for key in ("tasks", "summary") if key in row]
        tell(f"{name:<16}{': '.join(rest)}".rstrip())


@click.command("show")
@click.argument("model")
@as_json
def show_command(model: str, as_json: bool) -> None:
    """What a model is: method, task, labels, scores, where it came from."""
    from hounsfield.verbs.beforehand import check_model

    check_model(model)
    from hounsfield.cli.tables import print_scores
    from hounsfield.verbs.packages import load, show

    package = load(model)
    if as_json:
        print_json(show(package))
        return
    for what, sentence in _rows(show(package)):
        tell(f"{what:>10}  {sentence}")
    if package.scores is not None:
        tell()
        print_scores(package.scores)


def _rows(said: dict[str, Any]) -> list[tuple[str, str]]:
    """What there is to say of a model, a word and a sentence each."""
    from hounsfield.verbs.counting import lasted

    measured, cases = said["measured"], said["cases"]
    rows = [
        ("model", f"{said['method']} for {said['task']}"),
        ("inputs", ", ".join(said["roles"]) or "covariates only"),
        ("labels", ", ".join(said["labels"])),
        ("cases", f"{cases['training']} training, {cases['validation']} validation"),
        ("left out", str(len(measured.get("left_out", ())) or "")),
        ("command", measured.get("command", "")),
        ("started", measured.get("started", "")),
        ("finished", measured.get("finished", "")),
        ("took", lasted(measured) if "seconds" in measured else ""),
        ("digest", said["digest"]),
    ]
    return [(what, sentence) for what, sentence in rows if sentence]


@click.command("doctor")
@as_json
def doctor_command(as_json: bool) -> None:
    """Whether everything works here."""
    from hounsfield.verbs.listing import doctor, doctor_json

    if as_json:
        print_json(doctor_json())
    for what, sentence, well in [] if as_json else doctor():
        tell(f"{'ok ' if well else 'BAD'}  {what:<16}{sentence}")
    if not all(well for _, _, well in doctor()):
        raise Ended(DONE_IN_PART)
