"""The loop: steps, pace, checkpoints, the cache, starting from something learnt."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hounsfield.seam import Checkpoint, Stopped
from hounsfield.training import loop
from hounsfield.training.cache import FolderCache
from hounsfield.training.checkpoints import FolderCheckpoints
from hounsfield.training.clock import StepClock, WallClock
from hounsfield.training.context import FolderContext
from hounsfield.training.pace import steps_done
from hounsfield.training.randomness import generator, part_seed, torch_seeded
from hounsfield.training.start import started_from
from hounsfield.training.track import FileTrack
from hounsfield.training.validation import ValidationScore
from hounsfield.values import Plan, Refused, State, equal
from line_method import Line, cases_of, plan_of

POINTS = cases_of((1.0, 2.0), (2.0, 3.0), (0.5, 1.0))


def test_training_steps_are_those_of_the_plan(tmp_path: Path) -> None:
    """Ten steps of w <- w - 0.2 x (w x - y), by hand."""
    state = Line().fit(plan_of(10), POINTS, FolderContext.at(tmp_path))
    weight = 0.0
    for step in range(10):
        x, y = [(1.0, 2.0), (2.0, 3.0), (0.5, 1.0)][step % 3]
        weight -= 0.2 * x * (weight * x - y)
    assert state.arrays["weight"][0] == pytest.approx(weight, abs=1e-12)
    assert state.arrays["seen"] == [10]


def test_training_of_cases_that_were_prepared_prepares_none(tmp_path: Path) -> None:
    line = Line()
    line.fit(plan_of(3), POINTS, FolderContext.at(tmp_path))
    assert line.prepared == ["case_0", "case_1", "case_2"]
    (tmp_path / "checkpoints").mkdir(exist_ok=True)
    line.fit(plan_of(3), POINTS, FolderContext.at(tmp_path))
    assert line.prepared == ["case_0", "case_1", "case_2"]
    line.fit(plan_of(3), cases_of((1.0, 2.5)), FolderContext.at(tmp_path))
    assert line.prepared[3:] == ["case_0"], "another content is prepared, though the id is the same"


class SlowClock(StepClock):
    """Every step takes two seconds."""

    def spent(self) -> float:
        return 2.0 * self.ticks

    def left(self) -> float:
        return self.limit - self.spent()


def decisions(folder: Path) -> list[tuple[int, Any]]:
    return [(step, decision.value) for step, decision in FileTrack(folder / "log.jsonl").decisions()]


def done(folder: Path) -> int | None:
    return steps_done(plan_of(100), FileTrack(folder / "log.jsonl").decisions())


def test_training_pace_is_decided_from_the_clock_and_written(tmp_path: Path) -> None:
    """100 steps are planned; at step 5 (a twentieth) ten seconds are gone, and 90 of 100 left: 45 more steps."""
    seen = list[tuple[int, int]]()
    line = Line(lambda step, plan: seen.append((step, plan["steps"])))
    state = line.fit(plan_of(100, timed=True), POINTS, FolderContext.at(tmp_path, clock=SlowClock(limit=100)))
    assert decisions(tmp_path) == [(5, 50)]
    assert [steps for step, steps in seen if step < 5] == [100] * 5
    assert [steps for step, steps in seen if step >= 5] == [50] * 45
    assert state.arrays["seen"] == [50]
    assert done(tmp_path) == 50


def test_training_pace_is_replayed_on_a_machine_of_another_speed(tmp_path: Path) -> None:
    """What was decided before the stop is obeyed again at the same step, though time now runs ten times as fast."""
    with pytest.raises(Stopped):
        Line().fit(plan_of(100, timed=True), POINTS, FolderContext.at(tmp_path, clock=SlowClock(limit=100, stop_at=12)))
    seen = list[tuple[int, int]]()
    line = Line(lambda step, plan: seen.append((step, plan["steps"])))
    line.fit(plan_of(100, timed=True), POINTS, FolderContext.at(tmp_path, clock=StepClock(limit=1000, ticks=24)))
    assert seen[0] == (12, 50)
    assert decisions(tmp_path)[0] == (5, 50)


def test_training_pace_decided_after_the_last_checkpoint_is_replayed_at_its_step(tmp_path: Path) -> None:
    """A run that died has decided at step 5 and saved at step 0 only: step 4 follows the old plan, step 5 the new."""

    class Dead(BaseException):
        pass

    class Dying(SlowClock):
        def tick(self) -> None:
            super().tick()
            if self.ticks == 7:
                raise Dead

    with pytest.raises(Dead):
        Line().fit(plan_of(100, timed=True), POINTS, FolderContext.at(tmp_path, clock=Dying(limit=100)))
    assert not (tmp_path / "checkpoints/last.safetensors").exists()
    seen = list[tuple[int, int]]()
    line = Line(lambda step, plan: seen.append((step, plan["steps"])))
    line.fit(plan_of(100, timed=True), POINTS, FolderContext.at(tmp_path, clock=StepClock(limit=46)))
    assert seen[4:6] == [(4, 100), (5, 50)]


def test_training_without_time_decides_nothing(tmp_path: Path) -> None:
    Line().fit(plan_of(100), POINTS, FolderContext.at(tmp_path, clock=SlowClock(limit=1e9)))
    assert decisions(tmp_path) == []
    assert done(tmp_path) == 100


def test_training_ends_when_the_time_is_over(tmp_path: Path) -> None:
    state = Line().fit(plan_of(100), POINTS, FolderContext.at(tmp_path, clock=StepClock(limit=30)))
    assert state.arrays["seen"] == [30]
    assert done(tmp_path) == 30


@pytest.mark.parametrize(("merits", "taken"), [((1.0, 3.0, 2.0), 4), ((1.0, 2.0, 3.0), 6), ((3.0, 3.0, 3.0), 2)])
def test_training_keeps_the_best_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, merits: tuple[float, ...], taken: int
) -> None:
    """Looks after steps 2, 4 and at the end: the best of them is kept, the earliest of equals."""
    answers = iter(merits)
    monkeypatch.setattr(loop, "validation_score", lambda *_: ValidationScore(0.0, next(answers)))
    state = Line().fit(plan_of(6, validate_every=2), POINTS, FolderContext.at(tmp_path))
    assert state.arrays["seen"] == [taken]


def test_training_without_a_score_keeps_the_last_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loop, "validation_score", lambda *_: None)
    state = Line().fit(plan_of(6, validate_every=2), POINTS, FolderContext.at(tmp_path))
    assert state.arrays["seen"] == [6]


def test_training_starts_from_arrays_that_agree(tmp_path: Path) -> None:
    start = State({"weight": np.array([5.0], np.float32), "own": np.zeros(3), "other": np.ones(1)})
    state = started_from(Line().begin(plan_of(1), POINTS, 0), start)
    assert state.arrays["weight"] == [5.0]
    assert state.arrays["weight"].dtype == np.float64
    assert state.arrays["own"].shape == (1,)
    assert "other" not in state.arrays
    assert state.facts["started_from"] == 1
    one = Line().fit(plan_of(1), cases_of((1.0, 2.0)), FolderContext.at(tmp_path), start)
    assert one.arrays["weight"][0] == pytest.approx(5 - 0.2 * (5 - 2))
    told = [d for _, d in FileTrack(tmp_path / "log.jsonl").decisions()]
    assert [(d.what, d.value) for d in told] == [("started_from", 1)]


def test_training_refuses_to_start_from_something_else() -> None:
    with pytest.raises(Refused, match="start-from"):
        started_from(Line().begin(plan_of(1), POINTS, 0), State({"layer": np.zeros(4)}))


def test_training_resumed_starts_from_its_own_checkpoint(tmp_path: Path) -> None:
    start = State({"weight": np.array([5.0])})
    whole = Line().fit(plan_of(6), POINTS, FolderContext.at(tmp_path / "whole"), start)
    with pytest.raises(Stopped):
        Line().fit(plan_of(6), POINTS, FolderContext.at(tmp_path / "parts", clock=StepClock(stop_at=3)), start)
    assert equal(Line().fit(plan_of(6), POINTS, FolderContext.at(tmp_path / "parts"), start), whole)


def checkpoint(step: int) -> Checkpoint:
    arrays = {"w/0": np.arange(6, dtype=np.float32).reshape(2, 3), "n": np.array(step), "none": np.zeros((0, 2))}
    return Checkpoint(step, State(arrays, {"words": ["ä"], "n": 1}), {"replay": np.eye(3)}, 0.5, 12.25)


def test_training_checkpoints_come_back_whole(tmp_path: Path) -> None:
    kept = FolderCheckpoints(tmp_path)
    kept.write("last", checkpoint(7))
    read = kept.read("last")
    assert read is not None
    assert equal(read.state, checkpoint(7).state)
    assert equal(dict(read.memory), dict(checkpoint(7).memory))
    assert (read.step, read.score, read.spent) == (7, 0.5, 12.25)
    assert kept.read("best") is None


def test_training_checkpoints_are_replaced_as_a_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where writing dies in the middle, the earlier checkpoint is there, and nothing beside it."""
    kept = FolderCheckpoints(tmp_path)
    kept.write("last", checkpoint(1))

    def dies(arrays: Any, path: Path, **more: Any) -> None:
        Path(path).write_bytes(b"half")
        raise OSError("no space left on device")

    monkeypatch.setattr("hounsfield.answers.arrays.save_file", dies)
    with pytest.raises(Refused, match=r"last\.safetensors: can not be written \(no space left on device\)"):
        kept.write("last", checkpoint(2))
    last = kept.read("last")
    assert last is not None
    assert last.step == 1
    assert [file.name for file in tmp_path.iterdir()] == ["last.safetensors"]


def test_training_checkpoints_that_are_none_are_refused(tmp_path: Path) -> None:
    (tmp_path / "last.safetensors").write_bytes(b"not a checkpoint")
    with pytest.raises(Refused, match=r"last\.safetensors"):
        FolderCheckpoints(tmp_path).read("last")


@pytest.mark.parametrize("size", [4, 50_000])
def test_training_cache_makes_once_and_gives_the_same(tmp_path: Path, size: int) -> None:
    made = list[int]()

    def make() -> dict[str, np.ndarray]:
        made.append(1)
        return {"a": np.arange(size, dtype=np.float32), "b": np.zeros((0, 3), np.int16)}

    for _ in range(3):
        arrays = FolderCache(tmp_path).get("one", make)
        assert sorted(arrays) == ["a", "b"]
        assert np.array_equal(arrays["a"], np.arange(size, dtype=np.float32))
        assert arrays["b"].shape == (0, 3)
        assert arrays["b"].dtype == np.int16
        with pytest.raises(ValueError, match="read-only"):
            arrays["a"][0] = 1
    FolderCache(tmp_path).get("two", make)
    assert len(made) == 2


@pytest.mark.parametrize("size", [4, 50_000])
def test_training_cache_keeps_nothing_of_what_failed(tmp_path: Path, size: int) -> None:
    def fails() -> dict[str, np.ndarray]:
        raise Refused(())

    with pytest.raises(Refused):
        FolderCache(tmp_path).get("one", fails)
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]
    assert FolderCache(tmp_path).get("one", lambda: {"a": np.ones(size)})["a"].sum() == size


def test_training_track_writes_what_is_not_finite_as_unknown(tmp_path: Path) -> None:
    events = list[dict[str, Any]]()
    track = FileTrack(tmp_path / "log.jsonl", watch=events.append)
    track.scalar(10, 20, {"loss": math.inf, "other": math.nan, "rate": 0.5})
    line = json.loads((tmp_path / "log.jsonl").read_text(encoding="utf-8"))
    assert (line["loss"], line["other"], line["rate"], line["step"]) == (None, None, 0.5, 10)
    assert events[0]["loss"] == math.inf


def test_training_parts_have_their_own_seed_checkpoints_and_decisions(tmp_path: Path) -> None:
    whole = FolderContext.at(tmp_path, seed=3)
    a, b = whole.part("a"), whole.part("b")
    assert len({whole.seed, a.seed, b.seed, part_seed(4, "a")}) == 4
    assert a.seed == part_seed(3, "a")
    a.checkpoints.write("last", checkpoint(1))
    assert b.checkpoints.read("last") is None
    assert a.cache == whole.cache


def test_training_draws_depend_on_seed_step_rank_and_purpose_alone() -> None:
    import torch

    first = generator(1, 2).random(3)
    assert np.array_equal(first, generator(1, 2).random(3))
    others = [generator(2, 2), generator(1, 3), generator(1, 2, rank=1), generator(1, 2, purpose="batch")]
    assert all(not np.array_equal(first, other.random(3)) for other in others)
    before = torch.get_rng_state()
    with torch_seeded(generator(1, 2)):
        inside = torch.rand(2)
    with torch_seeded(generator(1, 2)):
        assert torch.equal(torch.rand(2), inside)
    assert torch.equal(torch.get_rng_state(), before)


def test_training_wall_clock_counts_earlier_runs() -> None:
    clock = WallClock(100.0, before=30.0)
    assert 30 <= clock.spent() < 31
    assert 69 < clock.left() <= 70
    assert WallClock().left() == math.inf
    clock.tick()
    clock.stop()
    with pytest.raises(Stopped):
        clock.tick()


def test_training_plan_that_lacks_a_decision_is_refused(tmp_path: Path) -> None:
    lacking: Plan = replace(plan_of(3), decisions=())
    with pytest.raises(Refused, match="steps"):
        Line().fit(lacking, POINTS, FolderContext.at(tmp_path))
