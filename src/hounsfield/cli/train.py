"""hounsfield train."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hounsfield.cli.ending import INTERRUPTED, Ended, end_in_part
from hounsfield.cli.printing import print_json, say, tell
from hounsfield.cli.progress import Line, end_live_line
from hounsfield.cli.words import as_json, asked, asking

if TYPE_CHECKING:
    from hounsfield.packages.package import Package


@click.command("train")
@click.argument("data")
@click.option("--out", required=True, help="The folder that the model is to be.")
@asking
@click.option("--plan", help="Follow this plan (JSON) instead of making one.")
@click.option("--start-from", help="A model to start from.")
@as_json
def train_command(data: str, out: str, plan: str | None, start_from: str | None, as_json: bool, **words: Any) -> None:
    """Train a model and write it as a package. The same command goes on with an interrupted run."""
    from hounsfield.verbs.beforehand import check_model, check_new
    from hounsfield.verbs.given import Given

    check_new(Path(out))
    question = asked(data, words, given=Given.of(plan, None))
    if start_from is not None:
        check_model(start_from)
    from hounsfield.seam import Stopped
    from hounsfield.verbs.packages import show
    from hounsfield.verbs.train import train

    try:
        with Line() as watch:
            package = train(
                data,
                out=out,
                plan=plan,
                start_from=start_from,
                watch=watch,
                on_clock=stop_on_interrupt,
                **question,
            )
    except Stopped:
        say(f"stopped; everything is saved in {out}.run. Type the same command again to go on.")
        raise Ended(INTERRUPTED) from None
    if as_json:
        print_json(show(package))
    else:
        _tell(package, out)
    end_in_part(package.left_out)


def _tell(package: Package, out: str) -> None:
    from hounsfield.cli.tables import print_scores
    from hounsfield.values.wording import count
    from hounsfield.verbs.counting import lasted
    from hounsfield.verbs.remarks import UNSCORED

    started = package.measured.get("started_from")
    if started:
        tell(f"{started['arrays']} arrays were taken from the model it started from.")
    if package.scores is not None:
        print_scores(package.scores, metrics=[package.scores.first])
    else:
        tell(UNSCORED)
    took, learnt = lasted(package.measured), count(len(package.seen.training), "case")
    scored = count(len(package.seen.validation), "validation case")
    what = f"A {package.plan.method} for {package.plan.task} in {out}"
    tell(f"{what}, trained for {took} on {learnt}, scored on {scored}.")
    place = shlex.quote(out)
    tell("", f"Look at {out}/report.html", f"Next: hounsfield predict {place} FILES --out answers")


def stop_on_interrupt(clock: Any) -> None:
    """The first Ctrl-C asks the run to stop after its step or case, the second ends it at once."""
    before: Callable[..., Any] | int | None = signal.getsignal(signal.SIGINT)

    def stop(number: int, frame: Any) -> None:
        end_live_line()
        say("stopping as soon as everything is saved; once more to end at once.")
        clock.stop()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, stop)
