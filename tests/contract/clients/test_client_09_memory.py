"""Contract client 9: a learner with memory: Q-learning (Watkins 1992) with a replay of 100 transitions (Lin 1992)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_cases import lazy
from contract_code_task import TASK
from contract_properties import PROPERTIES, Crash, CrashingClock
from contract_subjects import Subject, subject_of

from hounsfield.inference.trained import TrainedMethod
from hounsfield.seam import Card, Cases
from hounsfield.seam.card import Option
from hounsfield.training.checkpoints import FolderCheckpoints
from hounsfield.training.clock import StepClock, WallClock
from hounsfield.training.iterative import Arrays, IterativeMethod
from hounsfield.training.randomness import generator
from hounsfield.values import (
    Budget,
    Case,
    Code,
    Facts,
    Findings,
    Grid,
    Image,
    Limits,
    Plan,
    Setting,
    State,
    Truth,
    equal,
    refuse,
)  # fmt: skip

SIDE, REPLAY, PLAYED = 5, 100, 10
MOVES = np.array([[-1, 0], [1, 0], [0, -1], [0, 1]])


def moved(place: np.ndarray, action: int) -> np.ndarray:
    """Where a move leads, (2,) or (N, 2); walls stop it."""
    return np.clip(place + MOVES[action], 0, SIDE - 1)


@dataclass
class Walker(TrainedMethod):
    """An agent that does what it thinks best, from the corner, until it stays where it is or has gone far enough."""

    plan: Plan
    q: np.ndarray

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """Where it ends."""
        Walking.reward(case)
        place = np.zeros(2, int)
        for _ in range(2 * SIDE):
            place = moved(place, int(self.q[place[0], place[1]].argmax()))
        return Findings(Code(place.astype(np.float32)))


class Walking(IterativeMethod):
    """A table Q(place, action), learnt from transitions that were played before."""

    card = Card("walking", ("code",), "A walker.", "In tests.", "Watkins 1992.", options={
        "steps": Option("steps", "integer", "updates", low=1),
        "timed": Option("timed", "flag", "whether steps follow the time"),
        "refresh_every": Option("refresh_every", "integer", "updates between games", low=1),
    })  # fmt: skip

    @staticmethod
    def reward(case: Case) -> np.ndarray:
        """The reward of each place (SIDE, SIDE)."""
        image = case.inputs["image"].load() if "image" in case.inputs else None
        if image is None or image.source.shape != (1, SIDE, SIDE):
            raise refuse(case.id, "is no field to walk on", f"Give an image of {SIDE} x {SIDE}.")
        return image.array(np.float64)[0]

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        plan = Plan("walking", "code")
        for what, value in {"steps": 900, "timed": budget.seconds is not None, "refresh_every": 2, **wishes}.items():
            plan = plan.decide(what, value, "wished" if what in wishes else "as ever")
        return (plan,)

    def prepare(self, plan: Plan, case: Case) -> Arrays:
        return {"reward": self.reward(case)}

    def begin(self, plan: Plan, cases: Cases, seed: int) -> State:
        return State({"q": generator(seed, 0, purpose="begin").normal(0, 1e-3, (SIDE, SIDE, 4))})

    def refresh(
        self, plan: Plan, live: State, prepared: Sequence[Arrays], memory: Arrays, rng: np.random.Generator
    ) -> Arrays:
        """Play some moves with what is known so far; of all transitions the last hundred are remembered."""
        reward = prepared[int(rng.integers(len(prepared)))]["reward"]
        place, rows = rng.integers(SIDE, size=2), []
        for _ in range(PLAYED):
            greedy = int(live.arrays["q"][place[0], place[1]].argmax())
            action = greedy if rng.random() < 0.5 else int(rng.integers(4))
            after = moved(place, action)
            rows.append([*place, action, *after, reward[tuple(after)]])
            place = after
        return {"replay": np.concatenate([memory.get("replay", np.zeros((0, 6))), rows])[-REPLAY:]}

    def batch(self, plan: Plan, prepared: Sequence[Arrays], seed: int, step: int, memory: Arrays) -> np.ndarray:
        drawn = generator(seed, step, purpose="replay").integers(len(memory["replay"]), size=16)
        return np.asarray(memory["replay"][drawn])

    def step(self, plan: Plan, live: State, batch: Any, rng: np.random.Generator) -> tuple[State, dict[str, float]]:
        q, errors = live.arrays["q"].copy(), []
        for i, j, action, k, m, reward in batch:
            error = reward + 0.8 * q[int(k), int(m)].max() - q[int(i), int(j), int(action)]
            q[int(i), int(j), int(action)] += 0.3 * error
            errors.append(error**2)
        return State({"q": q}), {"loss": float(np.mean(errors))}

    def open(self, plan: Plan, state: State, setting: Setting) -> Walker:
        return Walker(plan, state.arrays["q"])


METHOD = Walking()
__all__ = ["METHOD", "TASK"]
GOAL = (3, 4)


def _case(number: int) -> Case:
    field = np.zeros((SIDE, SIDE))
    field[GOAL] = 1 + 0.1 * number
    image = Image.of(field, Grid.picture(field.shape))
    truth = Truth(lazy(Code(np.array(GOAL, np.float32)), f"goal {number}"))
    return Case(f"field_{number}", {"image": lazy(image, f"field {number}")}, {"goal": truth})


def subject(**wishes: Any) -> Subject:
    return subject_of(METHOD, "code", [_case(n) for n in range(6)], **wishes)


@pytest.mark.usefixtures("client")
@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
def test_client_memory_holds(holds: Callable[[Subject, Path], None], tmp_path: Path) -> None:
    holds(subject(), tmp_path)


@pytest.mark.usefixtures("client")
def test_client_memory_is_part_of_the_checkpoint(tmp_path: Path) -> None:
    """Killed with a full replay, it goes on with the same hundred transitions, to the bit."""
    learner = subject(steps=40)
    with pytest.raises(Crash):
        learner.fit(tmp_path, clock=CrashingClock(crash_at=31))
    last = FolderCheckpoints(tmp_path / "checkpoints").read("last")
    assert last is not None
    assert last.memory["replay"].shape == (REPLAY, 6)
    assert equal(learner.fit(tmp_path, clock=StepClock(ticks=last.step)), learner.state)


@pytest.mark.usefixtures("client")
def test_client_memory_walks_to_the_reward(tmp_path: Path) -> None:
    """The goal lies at the wall, so that walking on against the wall is staying there."""
    walker = subject(steps=600)
    state = walker.fit(tmp_path, clock=WallClock())
    assert tuple(walker.answer(walker.held_out, state).main.vector) == GOAL
