"""Rounds: a few steps at each of several sites, for federated learning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hounsfield.seam import Cases, RunContext
from hounsfield.training.loop import one_step
from hounsfield.training.prepared import prepare_all
from hounsfield.training.repeating import Arrays, Repeats
from hounsfield.values import Plan, State


@dataclass(frozen=True)
class Advance:
    """What a site gives back after its steps: its state, its memory (which stays), its weight, the last numbers."""

    state: State
    memory: Mapping[str, NDArray[Any]]
    weight: float
    scalars: Mapping[str, float] = field(default_factory=dict)


def advance(
    method: Repeats,
    plan: Plan,
    state: State,
    cases: Cases,
    *,
    round: int,
    steps: int,
    ctx: RunContext,
    memory: Arrays,
) -> Advance:
    """`steps` steps from `state` on one site's cases; weight = number of its training cases (McMahan et al. 2017)."""
    prepared = prepare_all(method, plan, cases.training, ctx)
    live, scalars = method.thaw(plan, state, ctx.fabric), dict[str, float]()
    for step in range(round * steps, (round + 1) * steps):
        live, memory, scalars = one_step(method, plan, live, memory, prepared, ctx, step)
    return Advance(method.freeze(live), memory, float(len(cases.training)), scalars)


def averaged(method: Repeats, advances: Sequence[Advance]) -> State:
    """The weighted mean of the shared arrays of all sites; what is not shared is the first site's."""
    first, total = advances[0].state, sum(a.weight for a in advances)
    arrays = dict(first.arrays)
    for name, array in first.arrays.items():
        if method.shared(name) and np.issubdtype(array.dtype, np.floating):
            summed = sum(a.weight * a.state.arrays[name].astype(np.float64) for a in advances)
            arrays[name] = np.asarray(summed / total, dtype=array.dtype).reshape(array.shape)
    return State(arrays, first.facts, first.parts)
