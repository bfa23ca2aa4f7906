"""Contract client 5: a cascade of two U-Nets, the second of which sees the first's answer (Isensee et al. 2021)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from contract_cases import lazy, volumes
from contract_properties import PROPERTIES
from contract_subjects import Subject, subject_of

from hounsfield.inference.trained import TrainedMethod
from hounsfield.packages.opening import open_package
from hounsfield.packages.package import Package
from hounsfield.packages.writing import Contents, write_package
from hounsfield.registry.tables import METHODS
from hounsfield.seam import Card, Cases, RunContext, Stopped
from hounsfield.seam.card import Option
from hounsfield.training.clock import StepClock
from hounsfield.training.staged import Feeds, Stage, StagedMethod
from hounsfield.values import (
    Budget,
    Case,
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
    refuse,
)

UNET = METHODS.load("unet")
STAGES = ("coarse", "fine")
RETRAIN = Option("retrain", "words", "stages to learn again, where the others are kept")
STEPS = 3


class Cascade(StagedMethod):
    """A U-Net on elements twice as large, then one on the image and what the first said."""

    card = Card("cascade", ("segmentation",), "A cascade.", "In tests.", "Isensee et al. 2021.", options={
        f"{stage}.{name}": replace(option, name=f"{stage}.{name}")
        for stage in STAGES for name, option in UNET.card.options.items()
    } | {"retrain": RETRAIN})  # fmt: skip
    stages = (Stage("coarse", UNET), Stage("fine", UNET))


@dataclass
class Speech(TrainedMethod):
    """One label everywhere on a case's image."""

    plan: Plan
    label_of: Callable[[Case], int]

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """As it was told."""
        return self.answer(case, limits)

    def answer(self, case: Case, limits: Limits) -> Findings:
        """The label."""
        if "image" not in case.inputs:
            raise refuse(case.id, "has no image", "Give one.")
        grid = case.inputs["image"].load().grid
        labels = {1: "seen", 2: "not seen"}
        return Findings(LabelMap(np.full(grid.shape, self.label_of(case), np.uint8), grid, labels))


class Witness:
    """Says of a case whether it has learnt from the case's patient."""

    card = Card("witness", ("segmentation",), "A witness.", "In tests.", "Nobody.")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        return (Plan("witness", "segmentation"),)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        chosen_by = [case.patient for case in cases.validation]
        return State(facts={"patients": [case.patient for case in cases.training], "chosen_by": chosen_by})

    def open(self, plan: Plan, state: State, setting: Setting) -> Speech:
        return Speech(plan, lambda case: 1 if case.patient in state.facts["patients"] else 2)


class Listener:
    """Remembers what it heard of each case, and repeats what it hears."""

    card = Card("listener", ("segmentation",), "A listener.", "In tests.", "Nobody.")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        assert "first=LabelMap" in facts.words["kinds"]
        assert "first" in facts.words["roles"]
        return (Plan("listener", "segmentation"),)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        cases_heard = (*cases.training, *cases.validation)
        return State({case.id: case.inputs["first"].load().array.copy() for case in cases_heard})

    def open(self, plan: Plan, state: State, setting: Setting) -> Speech:
        return Speech(plan, lambda case: int(case.inputs["first"].load().array.flat[0]))


class Gossip(StagedMethod):
    """A witness and a listener."""

    card = Card("gossip", ("segmentation",), "Gossip.", "In tests.", "Nobody.", options={"retrain": RETRAIN})

    def __init__(self, feeds: Feeds) -> None:
        self.stages = (Stage("first", WITNESS, feeds), Stage("second", LISTENER))


METHOD, WITNESS, LISTENER = Cascade(), Witness(), Listener()
GOSSIP = Gossip("predicted")


@pytest.fixture(autouse=True)
def clients(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """All of them under their names, as entry points would bring them."""
    monkeypatch.setitem(sys.modules, __name__, request.module)
    for name in ("METHOD", "WITNESS", "LISTENER", "GOSSIP"):
        monkeypatch.setitem(METHODS.targets, globals()[name].card.name, f"{__name__}:{name}")


TINY = {**UNET.card.tiny, "steps": STEPS}
WISHES = {f"{stage}.{name}": value for stage in STAGES for name, value in TINY.items()}


@cache
def cascade() -> Subject:
    return subject_of(METHOD, "segmentation", volumes(), **WISHES, **{"coarse.spacing": [32.0, 32.0, 32.0]})


def gossip(feeds: Feeds) -> Subject:
    """Six patients with a case each to learn from, one for validation, one held out."""
    cases = [*volumes(), *(replace(case, id=f"{case.id}_again") for case in volumes()[:2])]
    alone = [replace(case, patient=f"patient {number}") for number, case in enumerate(cases)]
    return subject_of(Gossip(feeds), "segmentation", alone)


def packed(subject: Subject, folder: Path, state: State | None = None) -> Package:
    return write_package(folder, Contents(subject.plan, state or subject.state, subject.facts))


def bytes_of(folder: Path) -> dict[str, bytes]:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def learning(events: list[dict[str, Any]]) -> dict[str, list[int]]:
    """The steps that each part of a run made."""
    steps: dict[str, list[int]] = {}
    for event in events:
        if "loss" in event:
            steps.setdefault(event["part"], []).append(event["step"])
    return steps


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
def test_client_stages_hold(holds: Callable[[Subject, Path], None], tmp_path: Path) -> None:
    holds(cascade(), tmp_path)


def test_client_stages_are_planned_one_after_another() -> None:
    """The second network has a channel for the image, one for the background and one for each of five labels."""
    coarse, fine = (cascade().plan.parts[name] for name in STAGES)
    assert (coarse["inputs"], coarse["channels"]) == (["image"], 1)
    assert (fine["inputs"], fine["channels"]) == (["image", "coarse"], 7)
    assert coarse["spacing"] == [32.0, 32.0, 32.0] != fine["spacing"]


def test_client_stages_answer_as_the_second_on_the_answer_of_the_first() -> None:
    case, opened = cascade().held_out, {}
    for name in STAGES:
        part = cascade().state.parts[name]
        opened[name] = UNET.open(part.plan, part.state, Setting())
    first = opened["coarse"].answer(case, Limits()).main
    second = opened["fine"].answer(replace(case, inputs={**case.inputs, "coarse": lazy(first)}), Limits())
    assert cascade().answer(case) == second


def test_client_stages_feed_the_truth() -> None:
    subject = gossip("truth")
    for case in subject.cases.training:
        truth = case.truth(LabelMap)
        assert truth is not None
        assert equal(heard(subject)[case.id], truth.array)
    assert all(label_heard(subject, case) == 2 for case in subject.cases.validation), "as it will be in use"


def test_client_stages_feed_what_is_predicted() -> None:
    subject = gossip("predicted")
    assert all(label_heard(subject, case) == 1 for case in subject.cases.training)
    assert all(label_heard(subject, case) == 2 for case in subject.cases.validation)


def test_client_stages_feed_what_is_said_out_of_fold() -> None:
    """No witness has seen the patient it speaks of; the one that is packaged has seen all of them."""
    subject = gossip("out_of_fold")
    assert all(label_heard(subject, case) == 2 for case in (*subject.cases.training, *subject.cases.validation))
    assert subject.state.parts["first"].state.facts["patients"] == [case.patient for case in subject.cases.training]
    assert subject.answer(subject.cases.training[0]).main.array.flat[0] == 1


def heard(subject: Subject) -> Mapping[str, np.ndarray]:
    return dict(subject.state.parts["second"].state.arrays)


def label_heard(subject: Subject, case: Case) -> int:
    (label,) = np.unique(heard(subject)[case.id])
    return int(label)


@pytest.mark.parametrize("feeds", ["truth", "predicted", "out_of_fold"])
def test_client_stages_of_every_kind_are_packaged_as_one(feeds: Feeds, tmp_path: Path) -> None:
    subject = gossip(feeds)
    package = packed(subject, tmp_path / "model")
    assert package.open().answer(subject.held_out, Limits()) == subject.answer(subject.held_out)


def test_client_stages_are_packages_in_a_package(tmp_path: Path) -> None:
    packed(cascade(), tmp_path / "model")
    first = open_package(tmp_path / "model" / "parts" / "coarse")
    part = cascade().state.parts["coarse"]
    said = UNET.open(part.plan, part.state, Setting()).answer(cascade().held_out, Limits())
    assert first.open().answer(cascade().held_out, Limits()) == said


@pytest.mark.parametrize(("again", "other"), [STAGES, STAGES[::-1]])
def test_client_stages_retrained_alone_leave_the_other_to_the_byte(again: str, other: str, tmp_path: Path) -> None:
    package = packed(cascade(), tmp_path / "first")
    told: list[dict[str, Any]] = []
    plan = cascade().plan.decide("retrain", [again], "wished")
    state = cascade().fit(tmp_path / "run", plan=plan, start=package.state, seed=1, watch=told.append)
    learnt_parts = {part.partition("-")[0] for part in learning(told)}
    assert learnt_parts == ({"coarse"} if again == "coarse" else {"coarse", "fine"}), "the first is fed out of fold"
    assert other not in learning(told)
    other_facts = cascade().facts.merge(cascade().facts)  # as if it were learnt from other cases
    second = write_package(tmp_path / "second", Contents(plan, state, other_facts))
    assert bytes_of(second.folder / "parts" / other) == bytes_of(package.folder / "parts" / other)
    assert not equal(second.state.parts[again].state.arrays, package.state.parts[again].state.arrays)
    assert second.open().answer(cascade().held_out, Limits()) == cascade().answer(cascade().held_out, state)


def test_client_stages_are_replaced_by_packages(tmp_path: Path) -> None:
    """The witness by a U-Net that was trained apart: the listener hears the U-Net."""
    part, subject = cascade().state.parts["coarse"], gossip("predicted")
    other = write_package(tmp_path / "unet", Contents(part.plan, part.state, cascade().facts))
    said = other.open().answer(subject.held_out, Limits()).main
    plan = subject.plan.decide("retrain", ["second"], "wished")
    start = State(parts={"first": other.as_part(), "second": subject.state.parts["second"]})
    state = subject.fit(tmp_path / "run", plan=plan, start=start)
    case = subject.cases.validation[0]
    said = other.open().answer(case, Limits()).main
    assert isinstance(said, LabelMap)
    assert equal(state.parts["second"].state.arrays[case.id], said.array)
    package = write_package(tmp_path / "model", Contents(plan, state, subject.facts))
    assert bytes_of(package.folder / "parts" / "first") == bytes_of(other.folder)
    assert package.plan.parts["first"] == other.plan, "the package says what is in it"
    kept = subject.fit(tmp_path / "kept", plan=plan.decide("retrain", [], "wished"), start=package.state)
    assert equal(kept.parts["second"].state, state.parts["second"].state), "nothing was learnt"


def test_client_stages_interrupted_in_the_second_do_not_learn_the_first_again(tmp_path: Path) -> None:
    """Three steps of the first stage, as many of each of its two folds, then two of the second: and there it stops."""
    before, after = [list[dict[str, Any]]() for _ in range(2)]
    with pytest.raises(Stopped):
        cascade().fit(tmp_path, clock=StepClock(stop_at=3 * STEPS + 2), watch=before.append)
    assert learning(before)["fine"] == [1, 2]
    state = cascade().fit(tmp_path, clock=StepClock(ticks=3 * STEPS + 2), watch=after.append)
    assert learning(after) == {"fine": [3]}
    assert equal(state, cascade().state)
    done = list[dict[str, Any]]()
    assert equal(cascade().fit(tmp_path, watch=done.append), state)
    assert learning(done) == {}, "nor is the second, once it is finished"


def endless() -> Plan:
    """The cascade's plan, but that each of its networks would take a thousand steps."""
    plan = cascade().plan
    for name in STAGES:
        own = plan.parts[name].decide("steps", 1000, "far too many")
        plan = replace(plan, parts={**plan.parts, name: own})
    return plan


PARTS = ["coarse", *(f"coarse-folds/fold-{number}" for number in range(3)), "fine"]


def test_client_stages_share_the_time_evenly(tmp_path: Path) -> None:
    """Five models are learnt in fifteen ticks of a clock: three for each, though each plan would take a thousand."""
    cases, told = Cases(gossip("truth").cases.training), list[dict[str, Any]]()
    cascade().fit(tmp_path, plan=endless(), cases=cases, clock=StepClock(limit=15), watch=told.append)
    assert {part: steps[-1] for part, steps in learning(told).items()} == dict.fromkeys(PARTS, 3)


def test_client_stages_keep_their_shares_of_the_time_when_interrupted(tmp_path: Path) -> None:
    """Stopped in the first stage and in the second fold: nobody is given a share of what is left by then."""
    cases, told = Cases(gossip("truth").cases.training), list[dict[str, Any]]()
    for begun, stopped in ((0, 2), (2, 8)):
        clock = StepClock(limit=15, stop_at=stopped, ticks=begun)
        with pytest.raises(Stopped):
            cascade().fit(tmp_path, plan=endless(), cases=cases, clock=clock, watch=told.append)
    cascade().fit(tmp_path, plan=endless(), cases=cases, clock=StepClock(limit=15, ticks=8), watch=told.append)
    assert learning(told) == {part: [1, 2, 3] for part in PARTS}


def test_client_stages_that_go_by_time_are_rehearsed_each(tmp_path: Path) -> None:
    wishes = {
        name: value for name, value in cascade().wishes.items() if not name.endswith((".steps", ".validate_every"))
    }
    plan = METHOD.candidates(cascade().facts, Budget(seconds=20.0), wishes)[0]
    assert all(part["timed"] for part in plan.parts.values())
    state = cascade().fit(tmp_path, plan=plan, clock=StepClock(limit=8))
    assert all("in rehearsal" in decision.why for decision in steps_of(state))


def steps_of(state: State) -> list[Any]:
    return [next(d for d in part.plan.decisions if d.what == "steps") for part in state.parts.values()]


def test_client_stages_refuse_what_they_can_not_follow(tmp_path: Path) -> None:
    subject = cascade()
    with pytest.raises(Refused, match=r"corse\.steps.*coarse, fine"):
        METHOD.candidates(subject.facts, Budget(), {"corse.steps": 1})
    refused: list[tuple[str, Plan, State | None]] = [
        ("no stage for third", subject.plan.decide("retrain", ["third"], "wished"), None),
        ("has the parts coarse", replace(subject.plan, parts={"coarse": subject.plan.parts["coarse"]}), None),
        ("none of the stages", subject.plan, State({"weights": np.zeros(3)})),
        ("features", replace(subject.plan, parts={**subject.plan.parts, "fine": bad_features()}), None),
        (
            "is for diagnosis",
            subject.plan.decide("retrain", ["fine"], "wished"),
            State(parts={"coarse": Part(Plan("convnet", "diagnosis"), State())}),
        ),
    ]
    for number, (words, plan, start) in enumerate(refused):
        with pytest.raises(Refused, match=words):
            subject.fit(tmp_path / str(number), plan=plan, start=start)
    with pytest.raises(Refused, match="lacks the stage fine"):
        METHOD.open(subject.plan, State(parts={"coarse": subject.state.parts["coarse"]}), Setting())
    with pytest.raises(ValueError, match="no name for a stage"):
        Stage("../elsewhere", UNET)


def bad_features() -> Plan:
    fine: Plan = cascade().plan.parts["fine"]
    return fine.decide("features", "many", "by hand")
