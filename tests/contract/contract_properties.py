"""The nine properties of the seam, each a function over any subject: registered methods and contract clients alike."""

from __future__ import annotations

import json
import math
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from contract_cases import hidden, odd, unknown_diagnosis, unlike, wrong
from contract_subjects import STEPS, Subject

from hounsfield.confidence.alarms import alarms
from hounsfield.evaluation.scoring import score
from hounsfield.packages.opening import open_package
from hounsfield.packages.writing import Contents, write_package
from hounsfield.planning.choice import choose
from hounsfield.planning.fingerprint import facts_of_inputs
from hounsfield.seam import Cases, Stopped, Trained
from hounsfield.seam.card import Option
from hounsfield.training.checkpoints import FolderCheckpoints
from hounsfield.training.clock import StepClock, WallClock
from hounsfield.training.fabric import OneDevice
from hounsfield.training.rehearsal import rehearse
from hounsfield.values import Budget, Case, Diagnosis, Facts, Findings, Limits, Plan, Refused, Transform, equal
from hounsfield.values.plan import as_json_value


class Crash(BaseException):
    """Nobody handles it, as nobody handles a power cut."""


@dataclass
class CrashingClock(StepClock):
    """A clock under which the process dies at a tick."""

    crash_at: float = math.inf

    def tick(self) -> None:
        """One step is done, unless it is the last one of all."""
        super().tick()
        if self.ticks == self.crash_at:
            raise Crash


def resumed_is_uninterrupted(subject: Subject, folder: Path) -> None:
    """1: stopped when asked, or dead between checkpoints: the same run goes on to the same state, to the bit."""
    endings: list[tuple[str, StepClock, type[BaseException]]] = [
        ("stopped", StepClock(stop_at=2), Stopped),
        ("dead at once", CrashingClock(crash_at=1), Crash),
        ("dead", CrashingClock(crash_at=STEPS - 2), Crash),
    ]
    for name, clock, ending in endings:
        place = folder / name
        if subject.repeats:
            with pytest.raises(ending):
                subject.fit(place, clock=clock)
        else:
            with suppress(ending):
                subject.fit(place, clock=clock)
        last = FolderCheckpoints(place / "checkpoints").read("last")
        state = subject.fit(place, clock=StepClock(ticks=int(last.spent) if last else 0))
        assert equal(state, subject.state), f"{name} and resumed is not uninterrupted"


def seed_decides(subject: Subject, folder: Path) -> None:
    """2: the same seed gives the same state, another seed another."""
    assert equal(subject.fit(folder / "same"), subject.state)
    other = subject.fit(folder / "other", seed=1)
    assert not equal(other, subject.state) or not subject.method.card.seeded or not subject.method.card.has_state


def plan_is_a_file(subject: Subject, folder: Path) -> None:
    """3: a plan survives JSON; edited by hand it is obeyed or refused, with the reason."""
    card = subject.method.card
    for plan in subject.method.candidates(subject.facts, Budget(), subject.wishes):
        assert Plan.from_json(json.loads(json.dumps(plan.to_json(), allow_nan=False))) == plan
        card.check(plan)
        assert plan.task == subject.task
        assert all(decision.why for decision in plan.decisions)
        for what, value in subject.wishes.items():
            assert decided(plan, what) == as_json_value(value), f"the wish for {what} was not obeyed"
    plan = subject.plan
    with pytest.raises(Refused, match="no option") as refusal:
        card.check(plan.decide("flux_capacitor", 1, "by hand"))
    assert all(name in str(refusal.value) for name in card.options)
    for decision in plan.decisions:
        with pytest.raises(Refused, match=decision.what):
            card.check(plan.decide(decision.what, {"not": "this"}, "by hand"))
    for edited in (replace(plan, method="palmistry"), replace(plan, task="divination")):
        with pytest.raises(Refused):
            card.check(edited)
    if subject.repeats:
        lacking = replace(plan, decisions=tuple(d for d in plan.decisions if d.what != "steps"))
        with pytest.raises(Refused, match="steps"):
            subject.fit(folder / "lacking", plan=lacking)
        told: list[dict[str, Any]] = []
        subject.fit(folder / "edited", plan=plan.decide("steps", 2, "by hand"), watch=told.append)
        assert max(event["step"] for event in told if "step" in event) == 2


def decided(plan: Plan, what: str) -> Any:
    """The value of a decision; STAGE.OPTION is about a stage."""
    stage, _, option = what.rpartition(".")
    return plan.parts[stage][option] if stage else plan[option]


def keeps_its_time(subject: Subject, folder: Path) -> None:
    """4: it says beforehand what it takes, and it stops within its time."""
    rehearsal = rehearse(subject.method, subject.plan, subject.cases, OneDevice())
    assert rehearsal.seconds_to_prepare + rehearsal.seconds_per_step > 0
    assert rehearsal.bytes > 0
    assert rehearsal.disk >= 0
    if not subject.repeats:
        return
    assert rehearsal.seconds_per_step > 0
    budget = Budget(seconds=1.0)
    wishes = {k: v for k, v in subject.wishes.items() if k not in ("steps", "validate_every")}
    candidate = subject.method.candidates(subject.facts, budget, wishes)[0]
    plan, _ = choose([candidate], [rehearsal], budget)
    plan = plan.decide("steps", 100 * max(plan["steps"], 1), "a rehearsal that was far too hopeful")
    if "validate_every" in plan:
        plan = plan.decide("validate_every", 10**9, "looks are not what this is about")
    began = time.monotonic()
    subject.fit(folder, clock=WallClock(budget.seconds), plan=plan)
    few_steps_and_the_last_look = 20 * rehearsal.seconds_per_step + 2.0
    assert time.monotonic() - began < 1.0 + few_steps_and_the_last_look


def packed_is_unpacked(subject: Subject, folder: Path) -> None:
    """5: what comes out of a package answers as what went in; its digest knows no times and no paths."""
    contents = Contents(subject.plan, subject.state, subject.facts, measured={"seconds": 1.0})
    package = write_package(folder / "model", contents)
    again = write_package(folder / "elsewhere" / "model", replace(contents, measured={"seconds": 2.0}))
    assert package.digest == again.digest
    opened = open_package(folder / "model")
    assert opened.plan == subject.plan
    assert opened.facts == subject.facts
    assert equal(opened.state.arrays, subject.state.arrays)
    assert equal(opened.state.facts, subject.state.facts)
    assert opened.open().answer(subject.held_out, Limits()) == subject.answer(subject.held_out)


def answer_lies_on_the_input(subject: Subject, folder: Path) -> None:
    """6: an answer lies on its input's grid, to the bit, and its file reads back equal."""
    case = subject.held_out
    findings = subject.answer(case)
    assert isinstance(findings, Findings)
    assert isinstance(findings.main, subject.table.answer)
    grids = {role: given.load().grid for role, given in case.inputs.items() if hasattr(given.load(), "grid")}
    if isinstance(findings.main, Transform):
        assert (findings.main.fixed_grid, findings.main.moving_grid) == (grids["fixed"], grids["moving"])
    elif hasattr(findings.main, "grid"):
        assert findings.main.grid == next(iter(grids.values()))
    folder.mkdir(exist_ok=True)
    files = subject.table.write(findings, folder / case.id, case)
    assert sorted(folder.iterdir()) == sorted(files)
    assert all(file.name.startswith(case.id) for file in files)
    assert equal(subject.table.read(files[0]), findings.main)


def refuses_what_is_bad(subject: Subject, folder: Path) -> None:
    """7: bad wishes and bad cases are refused in words; nothing else is ever raised."""
    card = subject.method.card
    with pytest.raises(Refused, match="flux_capacitor"):
        card.wishes({"flux_capacitor": "1"})
    for option in card.options.values():
        if option.kind not in ("text", "words"):
            with pytest.raises(Refused, match=option.name):
                card.wishes({option.name: "?!"})
    for name, value in _legal_wishes(card.options.values()):
        try:
            plan = subject.method.candidates(subject.facts, Budget(), {**subject.wishes, name: value})[0]
        except Refused:
            continue
        except Exception as error:
            raise AssertionError(f"the wish {name}={value} raises {type(error).__name__}: {error}") from error
        assert decided(plan, name) == as_json_value(value), f"the wish for {name} was not obeyed"
    with suppress(Refused):
        subject.method.candidates(Facts(), Budget(), subject.wishes)
    trained = subject.open()
    for name, case in wrong(subject.held_out):
        assert _answered_or_refused(trained, case, name) is None, f"{name} was answered"
    for name, case in odd(subject.held_out):
        _answered_or_refused(trained, case, name)
    unlabelled = tuple(replace(case, truths={}) for case in subject.cases.training)
    with suppress(Refused):
        subject.fit(folder, cases=Cases(unlabelled))


def _answered_or_refused(trained: Trained, case: Case, name: str) -> Findings | None:
    """The findings, None where the case was refused; anything else fails, saying which case it was."""
    try:
        findings = trained.answer(case, Limits())
    except Refused:
        return None
    except Exception as error:
        raise AssertionError(f"{name} is neither answered nor refused, but raises {type(error).__name__}") from error
    assert isinstance(findings, Findings)
    return findings


def unknown_truth_counts_nothing(subject: Subject, folder: Path) -> None:
    """7: what is unknown in a truth changes neither what is learnt nor how it is scored."""
    if subject.table.answer is Diagnosis:
        _unknown_diagnosis_counts_nothing(subject, folder)
        return
    first, second = ([hidden(case, n) for case in subject.cases.training] for n in (0, 1))
    if None in first:
        return  # truths of this task are known as a whole or not at all: there is nothing to hide
    states = [
        subject.fit(folder / str(n), cases=replace(subject.cases, training=tuple(cases)))  # type: ignore[arg-type]
        for n, cases in enumerate((first, second))
    ]
    assert equal(*states), "what is unknown was learnt from"
    findings = subject.answer(subject.held_out)
    scores = [score(subject.table.metrics, [(findings, hidden(subject.held_out, n))], resamples=0) for n in (0, 1)]  # type: ignore[list-item]
    assert equal(*(each.to_json() for each in scores)), "what is unknown was scored"


def _unknown_diagnosis_counts_nothing(subject: Subject, folder: Path) -> None:
    """A case of which nothing is known leaves the scores as they are, and what is learnt finite."""
    known, last = subject.cases.training[:-1], unknown_diagnosis(subject.cases.training[-1])
    state = subject.fit(folder, cases=replace(subject.cases, training=(*known, last)))
    assert all(np.isfinite(a).all() for a in state.arrays.values() if a.dtype.kind == "f")
    pairs = [(subject.answer(case), case) for case in known]
    alone, beside = (score(subject.table.metrics, some, resamples=0) for some in (pairs, [*pairs, (pairs[0][0], last)]))
    assert {m: {i: v.value for i, v in items.items()} for m, items in alone.sets.items()} == {
        m: {i: v.value for i, v in items.items()} for m, items in beside.sets.items()
    }


def alone_or_in_turn(subject: Subject, folder: Path, other: Subject) -> None:
    """8: a method trained after another one is what it is alone, and nothing global is touched."""
    alone = subject.state, other.state
    with nothing_global_changes():
        state = subject.fit(folder / "first")
        others = other.fit(folder / "second")
        again = subject.fit(folder / "third")
        subject.answer(subject.held_out)
    assert equal(state, alone[0])
    assert equal(others, alone[1])
    assert equal(again, alone[0])


@contextmanager
def nothing_global_changes() -> Iterator[None]:
    """What a process has only one of is afterwards as it was."""
    before = _globals()
    yield
    after = _globals()
    changed = [name for name in before if not equal(before[name], after[name])]
    assert not changed, f"changed for the whole process: {changed}"


def _globals() -> dict[str, Any]:
    return {
        "random": random.getstate(),
        "numpy.random": np.random.get_state(legacy=False),
        "torch.random": torch.get_rng_state().numpy().copy(),
        "threads": torch.get_num_threads(),
        "dtype": torch.get_default_dtype(),
        "gradients": torch.is_grad_enabled(),
        "deterministic": torch.are_deterministic_algorithms_enabled(),
        "numpy errors": np.geterr(),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
    }


def strangers_alarm(subject: Subject, folder: Path) -> None:
    """9: an input unlike the training data raises an alarm; one of the training cases raises none."""
    stranger = unlike(subject.held_out)
    raised = alarms(facts_of_inputs(stranger), subject.facts)
    assert raised
    assert all(sentence for sentence in raised)
    for case in subject.cases.training:
        assert not alarms(facts_of_inputs(case), subject.facts)


def _legal_wishes(options: Any) -> Iterator[tuple[str, Any]]:
    """Values that an option's kind and range allow, the smallest among them."""
    for option in options:
        for value in _legal(option):
            option.check(value)
            yield option.name, value


def _legal(option: Option) -> list[Any]:
    low = 1 if option.low is None else option.low
    high = low + 3 if option.high is None else option.high
    match option.kind:
        case "choice":
            return list(option.choices)
        case "flag":
            return [True, False]
        case "integer":
            return [int(low), int(high)]
        case "number":
            return [float(low), float(high), (low + high) / 2]
        case "integers":
            return [[int(low)], [int(low)] * 2, [int(low)] * 3, [int(high)] * 3]
        case "numbers":
            return [[float(low)], [float(low)] * 2, [float(high)] * 3]
        case "table":
            return [[[1]], [[1, 1], [2, 2]], [[1, 1, 1], [2, 2, 2]]]
        case _:
            return []


PROPERTIES = (
    resumed_is_uninterrupted,
    seed_decides,
    plan_is_a_file,
    keeps_its_time,
    packed_is_unpacked,
    answer_lies_on_the_input,
    refuses_what_is_bad,
    unknown_truth_counts_nothing,
    strangers_alarm,
)
"""Those that need one subject and an empty folder; `alone_or_in_turn` needs another subject."""
