"""hounsfield train."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

import click

from hounsfield.cli.ending import INTERRUPTED, Ended, end_in_part, say
from hounsfield.cli.progress import Line
from hounsfield.cli.words import as_json, asked, asking, print_json


@click.command("train")
@click.argument("data")
@click.option("--out", required=True, help="The folder that the model is to be.")
@asking
@click.option("--plan", "plan", help="Follow this plan (JSON) instead of making one.")
@click.option("--start-from", help="A model to start from.")
@as_json
def train_command(data: str, out: str, as_json: bool, **words: Any) -> None:
    """Train a model and write it as a package. The same command goes on with an interrupted run."""
    question = asked(words)
    from hounsfield.seam import Stopped
    from hounsfield.verbs.packages import show
    from hounsfield.verbs.train import train

    try:
        package = train(data, out=out, watch=Line(), on_clock=stop_on_interrupt, **question)
    except Stopped:
        say(f"stopped; everything is saved in {out}.run. Type the same command again to go on.")
        raise Ended(INTERRUPTED) from None
    if as_json:
        print_json(show(package))
    else:
        click.echo(repr(package))
        click.echo(f"\nLook at {out}/report.html\nNext: hounsfield predict {out} FILES --out answers")
    end_in_part(package.measured.get("left_out", ()))


def stop_on_interrupt(clock: Any) -> None:
    """The first Ctrl-C asks the run to stop after its step, the second ends it at once."""
    before: Callable[..., Any] | int | None = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: Any) -> None:
        say("stopping after this step; once more to end at once")
        clock.stop()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
