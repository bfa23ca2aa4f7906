"""train: from a folder of images to a package."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import clear_unfinished, read_lines
from hounsfield.layouts.splits import write_split
from hounsfield.packages.package import Package
from hounsfield.packages.seen import Seen
from hounsfield.packages.writing import Contents, write_package
from hounsfield.planning.choice import is_timed
from hounsfield.training.checkpoints import spent_in
from hounsfield.training.clock import WallClock
from hounsfield.training.context import FolderContext
from hounsfield.training.memory import peak_bytes
from hounsfield.training.pace import steps_done
from hounsfield.training.parts import once
from hounsfield.training.rehearsal import rehearse
from hounsfield.training.run_folder import RunFolder, Told
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Part, Plan
from hounsfield.verbs.beforehand import check_new
from hounsfield.verbs.given import Given
from hounsfield.verbs.held_out import score_held_out
from hounsfield.verbs.packages import Openable
from hounsfield.verbs.pages import training_page
from hounsfield.verbs.plan import WRITING_SECONDS, fabric_for, planned
from hounsfield.verbs.provenance import about, now
from hounsfield.verbs.question import Question
from hounsfield.verbs.study import Study, study


def train(
    data: str | Path | Dataset,
    *,
    out: str | Path,
    plan: str | Path | Plan | None = None,
    start_from: Openable | None = None,
    watch: Watcher = nobody,
    on_clock: Callable[[WallClock], None] = lambda clock: None,
    **asked: Any,
) -> Package:
    """Train a model on a folder and write it as a package; go on where an interrupted run of the same question was.

    out: where the package is to be; nothing may be there.  plan: a plan to follow instead of making one.
    start_from: a package whose arrays to start from.  The other words are those of `Question`: task, method, wishes,
    split, seed, minutes, steps, derive, target, ignore, columns, allow_bad.  on_clock is handed the clock, to stop it
    by. Raises Refused where something given is wrong (nothing is left behind then), Stopped (with everything saved)
    when stopped. Cases that were left out are in the package's `left_out`.
    """
    began, place, given = time.monotonic(), Path(out), Given.of(plan, start_from)
    question = given.narrowed(Question(data if isinstance(data, Dataset) else str(data), **asked))
    check_new(place)
    run, told = RunFolder.beside(place), about(question)
    with run.claimed({**question.asked(), **given.asked()}, told) as hold:
        clear_unfinished(place)
        found = study(question, watch=watch)
        decided, seen = _decide(run, found, question, given, began, watch), _seen(found, given)
        write_split(run.folder / "split.csv", found.dataset.cases)
        ctx = _sitting(run, question, decided, began=began, watch=watch, on_clock=on_clock)
        state, seconds = once(lambda: _learnt(found, decided, given, ctx), ctx).state, ctx.clock.spent()
        scores, answered = score_held_out(found, decided, state, ctx.track)
        left_out = [problem.to_json() for problem in found.problems]
        measured = {**told, "seconds": seconds, "peak_bytes": peak_bytes(), "finished": now(), "left_out": left_out}
        measured |= {"steps": steps_done(decided, ctx.track.decisions())} | _started_from(run, given)
        contents = Contents(decided, state, run.facts(), seen, scores, measured)
        page = training_page(contents, found, answered, run.folder / "log.jsonl")
        hold.refuse_gone()  # with a network that is gone: the package would come to lie where nobody looks for it
        package = write_package(place, replace(contents, report=page))
        run.finish()
    return package


def _decide(run: RunFolder, found: Study, question: Question, given: Given, began: float, watch: Watcher) -> Plan:
    """The plan of the interrupted run, the plan given, or a new one; written before it is followed."""
    cases = _told(found)
    if run.is_begun:
        run.refuse_other_cases(cases)
        return run.plan()
    if given.plan is not None:
        fabric = fabric_for(given.plan)
        rehearsal = rehearse(found.method, given.plan, found.cases, fabric, seed=question.seed, is_given=True)
        run.begin(given.plan, found.facts, rehearsal, cases)
        return given.plan
    made = planned(found, question, began=began, watch=watch)
    run.begin(made.plan, found.facts, made.rehearsal, cases)
    return made.plan


def _told(found: Study) -> Told:
    parts = {"training": found.cases.training, "validation": found.cases.validation}
    return {part: {case.id: case.digest() for case in cases} for part, cases in parts.items()}


def _seen(found: Study, given: Given) -> Seen:
    """What the model sees now, and what the one that it starts from has seen before."""
    now_ = Seen.of_cases(found.cases.training, found.cases.validation)
    return now_ if given.start is None else now_.and_also(given.start.seen)


def _learnt(found: Study, plan: Plan, given: Given, ctx: FolderContext) -> Part:
    return Part(plan, found.method.fit(plan, found.cases, ctx, given.start.state if given.start else None))


def _sitting(
    run: RunFolder,
    question: Question,
    plan: Plan,
    *,
    began: float,
    watch: Watcher,
    on_clock: Callable[[WallClock], None],
) -> FolderContext:
    """What is lent to the method from now on: the run's folder, and a clock that knows of the earlier sittings."""
    ctx = FolderContext.at(run.folder, seed=question.seed, fabric=fabric_for(plan))
    minutes = question.minutes if is_timed(plan) else None
    limit = None if minutes is None else 60 * minutes - WRITING_SECONDS
    clock = WallClock(limit, spent_in(run.folder / "checkpoints") + time.monotonic() - began)
    on_clock(clock)

    def watched(event: dict[str, Any]) -> None:
        """Stops also what has no steps at which the clock would: preparing, scoring."""
        if "stage" in event:
            clock.tick()
        watch(event)

    return replace(ctx, clock=clock, track=replace(ctx.track, watch=watched))


def _started_from(run: RunFolder, given: Given) -> dict[str, Any]:
    """Which package it started from, and how many arrays it took of it."""
    if given.start is None:
        return {}
    decisions = [line["decision"] for line in read_lines(run.folder / "log.jsonl") if "decision" in line]
    taken = sum(decision["value"] for decision in decisions if decision["what"] == "started_from")
    return {"started_from": {"package": given.start.digest, "arrays": taken}}
