"""train: from a folder of images to a package."""

from __future__ import annotations

import json
import platform
import shlex
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hounsfield.evaluation.scoring import score
from hounsfield.layouts.splits import write_split
from hounsfield.packages.opening import open_package
from hounsfield.packages.package import Package, Seen
from hounsfield.packages.writing import Contents, write_package
from hounsfield.registry.tables import TASKS
from hounsfield.seam import Trained
from hounsfield.training.clock import WallClock
from hounsfield.training.context import FolderContext
from hounsfield.training.memory import peak_bytes
from hounsfield.training.run_folder import RunFolder
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Case, Limits, Plan, Refused, Scores, Setting, State, refuse
from hounsfield.verbs.pages import training_page
from hounsfield.verbs.plan import fabric_for, planned
from hounsfield.verbs.study import Question, Study, study

WRITING_SECONDS = 5.0  # kept back for the package and its report


def train(
    data: str | Path,
    *,
    out: str | Path,
    plan: str | Path | Plan | None = None,
    start_from: str | Path | None = None,
    watch: Watcher = nobody,
    on_clock: Callable[[WallClock], None] = lambda clock: None,
    **asked: Any,
) -> Package:
    """Train a model on a folder and write it as a package; go on where an interrupted run of the same command was.

    data: the folder.  out: where the package is to be; nothing may be there.  plan: a plan to follow instead of making
    one.  start_from: a package whose arrays to start from.  The other words are those of `Question`: task, method,
    wishes, split, seed, minutes, steps, derive, target, ignore, columns.  on_clock is handed the clock, to stop it by.
    Raises Refused where something given is wrong, Stopped (with everything saved) when stopped.
    """
    began, place, question = time.monotonic(), Path(out), Question(str(data), **asked)
    if place.exists():
        raise refuse(place, "is there already", "Give another --out, or move it away.")
    run = RunFolder.beside(place)
    with run.locked():
        run.claim({**asdict(question), "start_from": str(start_from) if start_from else None}, _about(question))
        found = study(question, watch=watch)
        decided = _decide(run, found, question, plan, watch)
        write_split(run.folder / "split.csv", found.dataset.cases)
        state, seconds = _learn(run, found, question, decided, start_from, began, watch, on_clock)
        scores, answered = _score_held_out(found, decided, state)
        measured = {**_about(question), "seconds": seconds, "peak_bytes": peak_bytes(), "finished": _now()}
        contents = Contents(decided, state, run.facts(), _seen(found), scores, measured)
        page = training_page(contents, found, answered, run.folder / "log.jsonl")
        package = write_package(place, replace(contents, report=page))
        run.forget_cache()
    return package


def _about(question: Question) -> dict[str, Any]:
    return {
        "command": shlex.join(["hounsfield", *sys.argv[1:]])
        if sys.argv[1:2] == ["train"]
        else f"hounsfield.train({question!r})",
        "started": _now(),
        "versions": {name: version(name) for name in ("hounsfield", "torch", "numpy")}
        | {"python": platform.python_version()},
        "machine": f"{platform.system()} {platform.machine()}",
        "seed": question.seed,
    }


def _now() -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S")


def _decide(run: RunFolder, found: Study, question: Question, given: Any, watch: Watcher) -> Plan:
    """The plan of the interrupted run, the plan given, or a new one; written before it is followed."""
    if run.is_begun:
        return run.plan()
    if given is not None:
        followed = given if isinstance(given, Plan) else read_plan(Path(given))
        found.method.card.check(followed)
        run.begin(followed, found.facts, None)
        return followed
    made = planned(found, question, watch=watch)
    run.begin(made.plan, found.facts, made.rehearsal)
    return made.plan


def read_plan(path: Path) -> Plan:
    """The plan of a JSON file, as `plan --json` or a package's plan.json has it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Plan.from_json(data.get("plan", data))
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", "Give a plan written by `plan --json`.") from None
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise refuse(path, f"is not in the form of a plan ({error})", "Give a plan written by `plan --json`.") from None


def _learn(
    run: RunFolder,
    found: Study,
    question: Question,
    plan: Plan,
    start_from: str | Path | None,
    began: float,
    watch: Watcher,
    on_clock: Callable[[WallClock], None],
) -> tuple[State, float]:
    ctx = FolderContext.at(run.folder, seed=question.seed, fabric=fabric_for(plan), watch=watch)
    last = ctx.checkpoints.read("last")
    before = (last.spent if last else 0.0) + time.monotonic() - began
    timed = plan.get("timed", False) and question.minutes is not None
    clock = WallClock(60 * (question.minutes or 0) - WRITING_SECONDS if timed else None, before)
    on_clock(clock)
    start = open_package(Path(start_from)).state if start_from else None
    state = found.method.fit(plan, found.cases, replace(ctx, clock=clock), start)
    return state, clock.spent()


def _score_held_out(found: Study, plan: Plan, state: State) -> tuple[Scores | None, list[tuple[Any, Case]]]:
    """Scores on the validation cases, and the findings of each."""
    if not found.cases.validation:
        return None, []
    trained: Trained = found.method.open(plan, state, Setting())
    answered = []
    for case in found.cases.validation:
        try:
            answered.append((trained.answer(case, Limits()), case))
        except Refused:
            continue
    return score(TASKS.load(plan.task).metrics, answered, seed=0), answered


def _seen(found: Study) -> Seen:
    return Seen(
        {case.digest_of_inputs(): case.id for case in found.cases.training},
        {case.digest_of_inputs(): case.id for case in found.cases.validation},
    )
