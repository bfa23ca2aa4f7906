"""Parts of a run: what is finished stays so, time is shared, checkpoints hold states in states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hounsfield.seam import Checkpoint, Stopped
from hounsfield.training import parts
from hounsfield.training.checkpoints import FolderCheckpoints, spent_in
from hounsfield.training.clock import ShareOfClock, StepClock
from hounsfield.training.context import FolderContext
from hounsfield.training.feeding import digest_of, model_digest
from hounsfield.training.parts import learnt, once
from hounsfield.values import Grid, LabelMap, Part, Plan, Rehearsal, Source, State, equal
from line_method import Line, cases_of, plan_of

POINTS = cases_of((1.0, 2.0), (2.0, 3.0), (0.5, 1.0))


def steps_made(line: Line) -> list[int]:
    made: list[int] = []
    line.watch = lambda step, plan: made.append(step)
    return made


def test_parts_that_are_finished_are_not_learnt_again(tmp_path: Path) -> None:
    line = Line()
    part = learnt(line, plan_of(10), POINTS, FolderContext.at(tmp_path).part("a"))
    made = steps_made(line)
    again = learnt(line, plan_of(10), POINTS, FolderContext.at(tmp_path).part("a"))
    assert made == []
    assert again == part
    learnt(line, plan_of(10), POINTS, FolderContext.at(tmp_path).part("b"))
    assert made == list(range(10)), "another part is not this one"


def test_parts_that_were_stopped_go_on(tmp_path: Path) -> None:
    line = Line()
    with pytest.raises(Stopped):
        learnt(line, plan_of(10), POINTS, FolderContext.at(tmp_path, clock=StepClock(stop_at=4)).part("a"))
    made = steps_made(line)
    part = learnt(line, plan_of(10), POINTS, FolderContext.at(tmp_path, clock=StepClock(ticks=4)).part("a"))
    assert made == [4, 5, 6, 7, 8, 9]
    assert part == learnt(Line(), plan_of(10), POINTS, FolderContext.at(tmp_path / "other").part("a"))


def test_parts_get_the_steps_that_fit_and_on_resume_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forty of a hundred ticks are its share, nine tenths of them for steps: 36. A slower rehearsal changes nothing."""
    monkeypatch.setattr(parts, "rehearse", lambda *args, **more: Rehearsal(1.0, 0.0, 0.0, 1, 1))
    clock = StepClock(limit=100, stop_at=30)
    with pytest.raises(Stopped):
        learnt(Line(), plan_of(7, timed=True), POINTS, FolderContext.at(tmp_path, clock=clock).part("a", share=0.4))
    monkeypatch.setattr(parts, "rehearse", lambda *args, **more: Rehearsal(9.0, 0.0, 0.0, 1, 1))
    clock = StepClock(limit=200, ticks=30)
    part = learnt(Line(), plan_of(7, timed=True), POINTS, FolderContext.at(tmp_path, clock=clock).part("a"))
    assert part.plan["steps"] == 36
    assert part.state.arrays["seen"] >= [36]
    resumed = learnt(Line(), plan_of(7, timed=True), POINTS, FolderContext.at(tmp_path, clock=clock).part("a"))
    assert resumed.plan == part.plan


def test_parts_keep_their_end_on_resume(tmp_path: Path) -> None:
    """Half of a hundred ticks is the first's. Stopped at thirty, it goes on to fifty, whatever half is left by then."""
    first = FolderContext.at(tmp_path, clock=StepClock(limit=100, stop_at=30)).part("a", share=0.5)
    with pytest.raises(Stopped):
        learnt(Line(), plan_of(1000), POINTS, first)
    resumed = FolderContext.at(tmp_path, clock=StepClock(limit=100, ticks=30))
    part = learnt(Line(), plan_of(1000), POINTS, resumed.part("a", share=0.5))
    assert part.state.arrays["seen"] == [50]
    assert resumed.part("b").clock.left() == 50
    assert [decision.value for _, decision in resumed.part("a").track.decisions() if decision.what == "until"] == [50]


def test_parts_without_a_time_are_not_rehearsed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: Any, **more: Any) -> Rehearsal:
        raise AssertionError("a rehearsal without need")

    monkeypatch.setattr(parts, "rehearse", never)
    learnt(Line(), plan_of(3, timed=True), POINTS, FolderContext.at(tmp_path).part("a"))
    clock = StepClock(limit=5)
    learnt(Line(), plan_of(3), POINTS, FolderContext.at(tmp_path, clock=clock).part("b"))


def test_parts_of_a_clock_end_before_it(tmp_path: Path) -> None:
    clock = StepClock(limit=100, ticks=20)
    half = ShareOfClock.of(clock, 0.5)
    quarter = ShareOfClock.of(half, 0.5)
    assert (half.left(), quarter.left()) == (40.0, 20.0)
    for _ in range(30):
        quarter.tick()
    assert (clock.left(), half.left(), quarter.left()) == (50.0, 10.0, -10.0)
    assert quarter.spent() == clock.spent() == 50.0
    clock.limit = 55
    assert half.left() == 5.0, "never more than the whole has left"
    assert ShareOfClock.of(StepClock(), 0.5).left() == float("inf")


def nested() -> State:
    inner = Part(plan_of(3), State({"state/x": np.arange(3)}, {"words": ["a"]}))
    copied = Part(plan_of(4), State({"x": np.array(2.5, np.float32)}), Source("somewhere", "abc"))
    outer = State({"x": np.ones((2, 0))}, {"n": 1}, {"inner": inner, "copied": copied})
    return State({"x": np.zeros(2), "part/outer/state/x": np.ones(1)}, {}, {"outer": Part(Plan("a", "b"), outer)})


def test_parts_are_in_checkpoints(tmp_path: Path) -> None:
    checkpoints = FolderCheckpoints(tmp_path)
    checkpoints.write("last", Checkpoint(3, nested(), {"x": np.arange(2)}, score=0.5, spent=7.0))
    read = checkpoints.read("last")
    assert read is not None
    assert equal(read.state, nested())
    assert equal(dict(read.memory), {"x": np.arange(2)})
    assert (read.step, read.score, read.spent) == (3, 0.5, 7.0)


def test_parts_are_learnt_once_and_come_back_in_their_order(tmp_path: Path) -> None:
    """Members are joined in their order, and facts are written in theirs."""

    def never() -> Part:
        raise AssertionError("it was learnt already")

    members = {name: Part(plan_of(1), State({"x": np.arange(2)})) for name in ("second", "first")}
    part = Part(plan_of(3), State({}, {"words": ["b"], "ages": [1]}, members))
    assert once(lambda: part, FolderContext.at(tmp_path)) is part
    again = once(never, FolderContext.at(tmp_path))
    assert again == part
    assert (list(again.state.parts), list(again.state.facts)) == (["second", "first"], ["words", "ages"])


def test_parts_count_the_seconds_of_the_whole_run(tmp_path: Path) -> None:
    assert spent_in(tmp_path) == 0.0
    FolderCheckpoints(tmp_path).write("best", Checkpoint(1, State()))
    FolderCheckpoints(tmp_path / "coarse").write("finished", Checkpoint(0, State(), spent=12.0))
    FolderCheckpoints(tmp_path / "fine").write("last", Checkpoint(5, State(), spent=31.5))
    assert spent_in(tmp_path) == 31.5


def test_parts_have_an_identity_by_content() -> None:
    assert model_digest(Part(Plan("a", "b"), nested())) == model_digest(Part(Plan("a", "b"), nested()))
    moved = nested()
    copied = moved.parts["outer"].state.parts["copied"]
    moved.parts["outer"].state.parts["copied"] = Part(copied.plan, copied.state, Source("elsewhere", "abc"))  # type: ignore[index]
    assert model_digest(Part(Plan("a", "b"), nested())) == model_digest(Part(Plan("a", "b"), moved)), (
        "whatever the path"
    )
    grid = Grid.regular((2, 2), 1.0)
    labels = [LabelMap(np.array([[0, n], [0, 0]], np.uint8), grid, {1: "a"}) for n in (0, 1)]
    others = [LabelMap(labels[1].array.astype(np.int16), grid, {1: "a"}), LabelMap(labels[1].array, grid, {1: "b"})]
    assert len({digest_of(value) for value in (*labels, *others)}) == 4
    assert digest_of(labels[1]) == digest_of(LabelMap(labels[1].array.copy(), Grid.regular((2, 2), 1.0), {1: "a"}))
