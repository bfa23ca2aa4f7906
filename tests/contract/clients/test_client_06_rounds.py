"""Contract client 6: two sites in rounds, equal to federated averaging (McMahan et al. 2017) written out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from contract_subjects import registered

from hounsfield.seam import Cases
from hounsfield.training.context import FolderContext
from hounsfield.training.rounds import Advance, averaged
from hounsfield.values import State, equal
from line_method import Line, cases_of, plan_of

NORTH, SOUTH = [(1.0, 2.0), (2.0, 3.0), (0.5, 1.0)], [(1.5, -1.0)]
ROUNDS, STEPS = 3, 2


def in_rounds(folder: Path, line: Line) -> tuple[State, list[Advance]]:
    """Each site learns for a few steps from the common state; the states are averaged by the number of cases."""
    plan, sites = plan_of(ROUNDS * STEPS), {"north": cases_of(*NORTH), "south": cases_of(*SOUTH)}
    state = line.begin(plan, sites["north"], 0)
    advances: list[Advance] = []
    for number in range(ROUNDS):
        advances = [
            line.advance(
                plan, state, cases, round=number, steps=STEPS, ctx=FolderContext.at(folder / name, seed=1), memory={}
            )
            for name, cases in sites.items()
        ]
        state = averaged(line, advances)
    return state, advances


def test_client_rounds_are_federated_averaging(tmp_path: Path) -> None:
    state, advances = in_rounds(tmp_path, Line())
    weight = 0.0
    for number in range(ROUNDS):
        local = []
        for points in (NORTH, SOUTH):
            own = weight
            for step in range(number * STEPS, (number + 1) * STEPS):
                x, y = points[step % len(points)]
                own -= 0.2 * x * (own * x - y)
            local.append(own)
        weight = (3 * local[0] + 1 * local[1]) / 4
    assert state.arrays["weight"][0] == pytest.approx(weight, abs=1e-14)
    assert [advance.weight for advance in advances] == [3.0, 1.0]


def test_client_rounds_share_what_is_shared(tmp_path: Path) -> None:
    """`own` is not shared: each site's stays what it is there; counts are not averaged."""
    state, advances = in_rounds(tmp_path, Line())
    assert equal(state.arrays["own"], advances[0].state.arrays["own"])
    assert state.arrays["seen"].dtype == np.int64
    assert state.facts == {"made": "by hand"}


def test_client_rounds_of_one_site_are_training_alone(tmp_path: Path) -> None:
    """A U-Net that advances 2 + 2 steps at a single site is where `fit` is after 4."""
    subject = registered("unet", "segmentation")
    plan = subject.plan.decide("steps", 4, "two rounds of two")
    ctx = FolderContext.at(tmp_path, seed=0)
    cases = Cases(subject.cases.training)
    state, memory = subject.method.begin(plan, cases, 0), {}  # type: ignore[attr-defined]
    for number in range(2):
        advance = subject.method.advance(  # type: ignore[attr-defined]
            plan, state, cases, round=number, steps=2, ctx=ctx, memory=memory
        )
        state, memory = averaged(subject.method, [advance]), advance.memory  # type: ignore[arg-type]
    alone = subject.fit(tmp_path / "alone", plan=plan, cases=cases)
    assert equal(subject.method.finish(plan, state), alone)  # type: ignore[attr-defined]
