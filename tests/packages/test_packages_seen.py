"""What a model has seen, by inputs and by patients."""

from __future__ import annotations

import json
from dataclasses import replace

from hounsfield.packages.seen import Seen
from hounsfield.values import Case


def case(name: str, age: float, patient: str = "") -> Case:
    return Case(name, {}, covariates={"age": age}, patient=patient)


def pair(*patients: str) -> Case:
    return replace(case("a pair", 9.0, "+".join(patients)), several=patients)


SEEN = Seen.of_cases([case("a", 1.0, "anna"), case("b", 2.0)], [case("c", 3.0, "carl")])


def of(seen: Seen, asked: Case) -> str:
    return seen.of(asked.digest_of_inputs(), asked.patients)


def test_inputs_and_patients_are_known_again() -> None:
    assert of(SEEN, case("other name", 2.0)) == "training"
    assert of(SEEN, case("second visit", 9.0, "anna")) == "training"
    assert of(SEEN, case("second visit", 9.0, "carl")) == "validation"
    assert of(SEEN, pair("ben", "carl")) == "validation"
    assert of(SEEN, pair("carl", "anna")) == "training"
    assert of(SEEN, case("another", 9.0, "anna+x")) == "no", "a name with a plus in it is one name"
    assert of(SEEN, case("b", 9.0)) == "no", "a case's own id is nobody's name"
    assert of(SEEN, case("first visit", 9.0, "b")) == "no"


def test_what_is_seen_survives_json_without_a_name() -> None:
    text = json.dumps(SEEN.to_json())
    assert Seen.from_json(json.loads(text)) == SEEN
    assert "anna" not in text
    assert "carl" not in text


def test_what_two_models_have_seen_counts_as_trained_on_where_one_was() -> None:
    other = Seen.of_cases([case("x", 3.0, "carl")], [case("y", 1.0, "dora")])
    for both in (SEEN.and_also(other), other.and_also(SEEN)):
        assert of(both, case("third visit", 9.0, "carl")) == "training"
        assert of(both, case("first visit", 9.0, "dora")) == "validation"
        assert (len(both.training), len(both.validation)) == (3, 0)
