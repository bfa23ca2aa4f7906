"""Faults planted in clean sets, one way at a time: nearly all are found, and hardly a clean case is named."""

from __future__ import annotations

import pytest
from audited import run
from planted import KINDS, Pair, Trial, case, dataset, torsos, trial

from hounsfield.layouts.decathlon import LAYOUT
from hounsfield.layouts.layout import ReadOptions
from hounsfield.registry.tables import CHECKS
from hounsfield.values import LabelMap


def judged(result: Trial) -> None:
    assert result.found >= 0.95, result.missed
    for kind, flagged in result.flagged.items():
        assert len({line.split()[0] for line in flagged}) <= 0.02 * result.clean, (kind, flagged)


def test_a_few_planted_in_small_torsos() -> None:
    judged(trial(torsos(50, (20, 18, 24)), KINDS, of_each=2))


@pytest.mark.large
def test_five_of_each_kind_in_torsos() -> None:
    judged(trial(torsos(120, (32, 28, 36), seed=1), KINDS, of_each=5))


@pytest.mark.data
def test_five_of_each_kind_in_hippocampus(data_root) -> None:
    """README: 15 images whose intensities run to 1e6, and a label in floating point, are not clean."""
    folder = data_root / "hippocampus"
    pairs = []
    for one in LAYOUT.read(folder, ReadOptions()):
        if one.truths and one.id != "hippocampus_003":
            pair = Pair(one.inputs["image"].load(), one.truth(LabelMap)).opened()
            pairs += [pair] if pair.image.array().max() < 1e5 else []
    assert len(pairs) == 104
    judged(trial(pairs, KINDS, of_each=5))


@pytest.mark.parametrize("together", [1, 2, 5, 8])
def test_few_clean_torsos_are_not_odd_by_chance(together: int) -> None:
    checks = [CHECKS.load(name) for name in CHECKS.names()]
    cases = [case(f"c{n}", pair.image, pair.labels) for n, pair in enumerate(torsos(40, (20, 18, 24), seed=2))]
    faults = [run(dataset(cases[n : n + together]), checks) for n in range(0, 40, together)]
    assert not any(faults), faults
