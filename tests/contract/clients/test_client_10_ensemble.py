"""Contract client 10: an ensemble of two unlike plans, equal to the mean of their probabilities by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_cases import volumes
from contract_properties import PROPERTIES
from contract_subjects import Subject, subject_of

from hounsfield.packages.opening import open_package
from hounsfield.packages.writing import Contents, write_package
from hounsfield.registry.tables import METHODS
from hounsfield.seam import Card, Stopped
from hounsfield.training.clock import StepClock
from hounsfield.training.ensemble import EnsembleMethod, TrainedEnsemble
from hounsfield.values import (
    Budget,
    Dataset,
    Dense,
    Facts,
    Findings,
    LabelMap,
    Limits,
    Part,
    Plan,
    Refused,
    Setting,
    State,
    equal,
)
from hounsfield.verbs.predict import predict

UNET = METHODS.load("unet")
STEPS = 4
MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "narrow": {"steps": STEPS},
    "coarse": {"steps": STEPS, "features": [6, 12], "spacing": [32.0, 32.0, 32.0], "normalisation": "zscore"},
}


class Two(EnsembleMethod):
    """Two U-Nets, unlike in features, spacing and normalisation."""

    card = Card("two", ("segmentation",), "Two.", "In tests.", "Nobody.")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        parts = {}
        for name, own in MEMBERS.items():
            plan = UNET.candidates(facts, budget, {**UNET.card.tiny, **own})[0]
            parts[name] = plan if plan["normalisation"] == "ct" else plan.decide("window", [], "not needed")
        return (Plan("two", "segmentation", parts=parts),)


METHOD = Two()
pytestmark = pytest.mark.usefixtures("client")


@cache
def two() -> Subject:
    return subject_of(METHOD, "segmentation", volumes())


def members(state: State) -> list[np.ndarray]:
    """Each member's probabilities (6, *shape) for the case that is held out."""
    said = []
    for part in state.parts.values():
        evidence = UNET.open(part.plan, part.state, Setting()).evidence(two().held_out, Limits())
        assert isinstance(evidence, Dense)
        said.append(evidence.array())
    return said


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
def test_client_ensemble_holds(holds: Callable[[Subject, Path], None], tmp_path: Path) -> None:
    holds(two(), tmp_path)


def test_client_ensemble_has_unlike_members() -> None:
    narrow, coarse = two().plan.parts.values()
    assert narrow["spacing"] != coarse["spacing"]
    assert narrow["features"] != coarse["features"]
    assert narrow["normalisation"] != coarse["normalisation"]
    one, other = members(two().state)
    assert not np.allclose(one, other, atol=0.01)


def test_client_ensemble_is_the_mean_by_hand() -> None:
    one, other = members(two().state)
    mean = (one.astype(np.float64) + other) / 2
    joint = two().open().evidence(two().held_out, Limits())
    assert isinstance(joint, Dense)
    assert joint.array() == pytest.approx(mean, abs=1e-6)
    answer = two().answer(two().held_out).main
    assert isinstance(answer, LabelMap)
    assert list(answer.labels) == [1, 2, 3, 4, 5]
    first, second = np.sort(mean, axis=0)[-1], np.sort(mean, axis=0)[-2]
    decided = first - second > 1e-5  # where rounding decides, either is right
    assert decided.mean() > 0.99
    assert np.array_equal(answer.array[decided], mean.argmax(axis=0)[decided])


def test_client_ensemble_joined_again_says_the_same() -> None:
    """As a member of an ensemble, or as a stage, it is what it is alone."""
    alone = two().open()
    assert TrainedEnsemble(two().plan, (alone,)).answer(two().held_out, Limits()) == two().answer(two().held_out)
    assert alone.answer(two().held_out, Limits()) == two().table.combine([alone.evidence(two().held_out, Limits())])


def test_client_ensemble_is_packaged_as_one(tmp_path: Path) -> None:
    package = write_package(tmp_path / "model", Contents(two().plan, two().state, two().facts))
    assert package.open().answer(two().held_out, Limits()) == two().answer(two().held_out)
    for name, part in two().state.parts.items():
        member = open_package(tmp_path / "model" / "parts" / name)
        assert member.plan == part.plan
        assert equal(member.state, part.state)


def test_client_ensemble_writes_maps_of_the_mean(tmp_path: Path) -> None:
    package = write_package(tmp_path / "model", Contents(two().plan, two().state, two().facts))
    data = Dataset("memory", (two().held_out,))
    assert predict(package, data, out=tmp_path / "out", probabilities="float16").done == (two().held_out.id,)
    with np.load(tmp_path / "out" / f"{two().held_out.id}.probabilities.npz") as found:
        assert found["probabilities"] == pytest.approx(sum(members(two().state)) / 2, abs=1e-3)


def test_client_ensemble_joins_packages(tmp_path: Path) -> None:
    """Two models that were trained apart; nothing is learnt."""
    packages = {
        name: write_package(tmp_path / name, Contents(part.plan, part.state, two().facts))
        for name, part in two().state.parts.items()
    }
    told = list[dict[str, Any]]()
    start = State(parts={name: package.as_part() for name, package in packages.items()})
    state = two().fit(tmp_path / "run", start=start, watch=told.append)
    assert not told
    package = write_package(tmp_path / "model", Contents(two().plan, state, two().facts))
    assert [package.part(name).source.digest for name in packages] == [p.digest for p in packages.values()]  # type: ignore[union-attr]
    assert package.open().answer(two().held_out, Limits()) == two().answer(two().held_out)


def test_client_ensemble_interrupted_goes_on_with_the_second(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        two().fit(tmp_path, clock=StepClock(stop_at=STEPS + 2))
    told = list[dict[str, Any]]()
    state = two().fit(tmp_path, clock=StepClock(ticks=STEPS + 2), watch=told.append)
    assert [(event["part"], event["step"]) for event in told if "loss" in event] == [("coarse", 3), ("coarse", 4)]
    assert equal(state, two().state)


def test_client_ensemble_refuses_what_does_not_belong_together(tmp_path: Path) -> None:
    plan, (name, own), *_ = two().plan, *two().plan.parts.items()
    with pytest.raises(Refused, match="plans that you give"):
        EnsembleMethod.candidates(METHOD, two().facts, Budget(), {})
    refused = {
        "names no members": replace(plan, parts={}),
        "for diagnosis": replace(plan, parts={"other": Plan("convnet", "diagnosis")}),
        "features": replace(plan, parts={name: own.decide("features", "many", "by hand")}),
        "letters, digits": replace(plan, parts={"../elsewhere": own}),
    }
    for words, parts in refused.items():
        with pytest.raises(Refused, match=words):
            two().fit(tmp_path / "run", plan=parts)
    fewer = own.decide("labels", own["labels"][:2], "by hand")
    part = Part(fewer, UNET.begin(fewer, two().cases, 0))
    with pytest.raises(Refused, match=r"members of the ensemble.*tell"):
        two().answer(two().held_out, State(parts={**two().state.parts, "other": part}))
    assert isinstance(two().answer(two().held_out), Findings)
