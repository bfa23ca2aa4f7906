"""Values that go through JSON come back equal, whatever they hold."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hounsfield.values import Decision, Facts, Interval, Plan, Problem, Refused, Scores, Sketch

finite = st.floats(allow_nan=False, allow_infinity=False)
words = st.text(max_size=8)
plain: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | finite | words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=3),
    max_leaves=8,
)
decisions = st.builds(Decision, words, plain, words)
plans = st.recursive(
    st.builds(Plan, words, words, st.lists(decisions, max_size=4).map(tuple)),
    lambda inner: st.builds(
        Plan, words, words, st.lists(decisions, max_size=2).map(tuple), st.dictionaries(words, inner, max_size=2)
    ),
    max_leaves=4,
)
sketches = st.lists(st.floats(), max_size=5).map(Sketch.of)
facts = st.builds(
    Facts,
    counts=st.dictionaries(words, st.integers(0, 100), max_size=3),
    sums=st.dictionaries(words, st.integers(-100, 100).map(float), max_size=3),
    sketches=st.dictionaries(words, sketches, max_size=3),
    words=st.dictionaries(words, st.lists(words, max_size=3).map(lambda w: tuple(sorted(set(w)))), max_size=3),
)


def through_json(data: Any) -> Any:
    return json.loads(json.dumps(data, allow_nan=False))


@settings(max_examples=50, deadline=None)
@given(plans)
def test_values_plan_survives_json(plan: Plan) -> None:
    assert Plan.from_json(through_json(plan.to_json())) == plan


def test_values_decision_holds_what_json_gives_back() -> None:
    plan = (
        Plan("m", "t").decide("a", (1, (np.int64(2), np.float32(0.5))), "why").decide("b", {1: np.bool_(True)}, "why")
    )
    assert plan["a"] == [1, [2, 0.5]]
    assert plan["b"] == {"1": True}
    assert Plan.from_json(through_json(plan.to_json())) == plan


def test_values_plan_keeps_the_place_of_a_decision_that_changes() -> None:
    plan = Plan("m", "t").decide("a", 1, "x").decide("b", 2, "y").decide("a", 3, "z")
    assert [(d.what, d.value, d.why) for d in plan.decisions] == [("a", 3, "z"), ("b", 2, "y")]
    assert plan.get("c", 7) == 7
    assert "c" not in plan
    with pytest.raises(Refused, match="'c'"):
        plan["c"]


@settings(max_examples=50, deadline=None)
@given(facts)
def test_values_facts_survive_json(told: Facts) -> None:
    assert Facts.from_json(through_json(told.to_json())) == told


@settings(max_examples=50, deadline=None)
@given(facts, facts, facts)
def test_values_facts_merge_in_any_order(a: Facts, b: Facts, c: Facts) -> None:
    assert a.merge(b) == b.merge(a)
    assert a.merge(b).merge(c) == a.merge(b.merge(c)) == Facts.merged([c, a, b])
    assert a.merge(Facts()) == a


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.floats(), max_size=6), max_size=4), st.floats(0, 1))
def test_values_sketch_of_sites_is_the_sketch_of_all(sites: list[list[float]], q: float) -> None:
    pooled = Sketch.of([value for site in sites for value in site])
    merged = Facts.merged(Facts(sketches={"x": Sketch.of(site)}) for site in sites).sketches.get("x", Sketch())
    assert merged == pooled
    known = [value for site in sites for value in site if np.isfinite(value)]
    if known:
        with np.errstate(over="ignore", invalid="ignore"):
            assert merged.quantile(q) == pytest.approx(np.quantile(known, q), nan_ok=True)
    else:
        assert np.isnan(merged.median)


def test_values_scores_survive_json() -> None:
    scores = Scores(
        sets={"dice": {"liver": Interval(0.9, 0.8, 0.95, 3), "spleen": Interval(None, n=2, undefined=2)}},
        cases={"a": {"dice": {"liver": 0.9, "spleen": None}}},
        first="dice",
        better={"dice": "higher"},
        units={"dice": ""},
        patients={"a": "p"},
        problems=(Problem("b", "is empty", "Fill it."),),
        notes=("one note",),
    )
    assert Scores.from_json(through_json(scores.to_json())) == scores
    assert str(scores.sets["dice"]["liver"]) == "0.900 [0.800, 0.950]"
    assert str(scores.sets["dice"]["spleen"]) == "undefined"


def test_values_problem_is_one_sentence_with_its_place_and_remedy() -> None:
    assert str(Problem("a.nii", "is empty", "Take it out.")) == "a.nii: is empty. Take it out."
    assert str(Problem("", "is empty", "")) == "is empty."
    assert str(Refused([Problem("a", "b", "C."), Problem("d", "e", "F.")])) == "a: b. C.\nd: e. F."
