"""Dense models together: means by hand, wherever each of them cuts its slabs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from hounsfield.tasks.dense import joint
from hounsfield.values import Dense, Grid, Refused

GRID = Grid.regular((7, 2), 1.0)
CHANNELS, LABELS = ("background", "a", "b"), {1: "a", 5: "b"}


def evidence(seed: int, cuts: Sequence[int] = (7,), channels: tuple[str, ...] = CHANNELS) -> Dense:
    """Random numbers, in slabs that end at the cuts."""
    array = np.random.default_rng(seed).random((3, 7, 2), np.float32)[[CHANNELS.index(name) for name in channels]]

    def slabs() -> Iterator[tuple[int, int, np.ndarray]]:
        for start, stop in zip([0, *cuts], cuts, strict=False):
            yield start, stop, array[:, start:stop]

    return Dense(GRID, channels, LABELS, slabs)


def test_dense_members_are_averaged() -> None:
    members = [evidence(n) for n in range(3)]
    mean = sum(member.array().astype(np.float64) for member in members) / 3
    assert joint(members).array() == pytest.approx(mean, abs=1e-6)
    assert joint(members[:1]) is members[0]


def test_dense_members_are_averaged_wherever_they_are_cut() -> None:
    whole = joint([evidence(0), evidence(1)]).array()
    cut = joint([evidence(0, [2, 5, 7]), evidence(1, [1, 2, 6, 7])])
    assert [(start, stop) for start, stop, _ in cut.slabs()] == [(0, 1), (1, 2), (2, 5), (5, 6), (6, 7)]
    assert np.array_equal(cut.array(), whole)
    assert np.array_equal(cut.array(), whole), "and once more"


def test_dense_members_are_averaged_by_the_names_of_their_channels() -> None:
    turned = evidence(1, channels=("background", "b", "a"))
    together = joint([evidence(0), turned])
    assert together.channels == CHANNELS
    assert np.array_equal(together.array(), joint([evidence(0), evidence(1)]).array())


def test_dense_members_that_tell_different_things_are_refused() -> None:
    other_grid = Dense(Grid.regular((7, 2), 2.0), CHANNELS, LABELS, evidence(0).slabs)
    other_names = Dense(GRID, ("background", "a", "c"), {1: "a", 5: "c"}, evidence(0).slabs)
    other_values = Dense(GRID, CHANNELS, {1: "b", 5: "a"}, evidence(0).slabs)
    for other in (other_grid, other_names, other_values):
        with pytest.raises(Refused, match="members of the ensemble"):
            joint([evidence(0), other])
