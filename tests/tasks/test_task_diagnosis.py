"""Diagnosis: joining members, files, success, the default method, derived questions."""

import hashlib

import numpy as np
import pytest

from hounsfield.registry.tables import TASKS
from hounsfield.tasks.diagnosis import FEW_SERIES, TASK, combine, default, presence, read, succeeded, write
from hounsfield.values import Case, Dataset, Diagnosis, Facts, Findings, Grid, LabelMap, Lazy, Refused, Truth


def lazy(value):
    said = repr(value) + str(getattr(value, "array", ""))
    return Lazy(type(value), "memory", lambda: value, lambda: hashlib.sha256(said.encode()).hexdigest())


def case(truth=None, name="c"):
    return Case(name, {}, {} if truth is None else {"diagnosis": Truth(lazy(truth))})


def test_members_are_joined_by_the_mean():
    members = [
        Findings(Diagnosis({"a": 0.2, "b": 0.8}), alarms=("odd",)),
        Findings(Diagnosis({"b": 0.4, "a": 0.6}), alarms=("odd", "old")),
    ]
    joined = combine(members)
    assert joined.main.classes == ("a", "b")
    assert joined.main.probabilities == pytest.approx({"a": 0.4, "b": 0.6})
    assert joined.alarms == ("odd", "old")
    assert combine(members[:1]).main == members[0].main


def test_members_that_tell_other_classes_are_not_joined():
    with pytest.raises(Refused, match="same classes"):
        combine([Findings(Diagnosis({"a": 1.0})), Findings(Diagnosis({"b": 1.0}))])


@pytest.mark.parametrize("answer", [Diagnosis({"no": 1 / 3, "yes": 2 / 3}), Diagnosis({"é": 0.1, "b": 0.9}, "multi")])
def test_an_answer_reads_back_equal(tmp_path, answer):
    (path,) = write(Findings(answer), tmp_path / "case.1", case())
    assert path == tmp_path / "case.1.json"
    assert read(path) == answer
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def test_another_answer_is_refused(tmp_path):
    path = tmp_path / "c.json"
    path.write_text('{"kind": "quantities", "values": {}, "units": {}, "intervals": {}}')
    with pytest.raises(Refused, match="not a diagnosis"):
        read(path)


def test_success_is_that_what_is_said_is_true():
    said = Findings(Diagnosis({"a": 0.2, "b": 0.8}))
    assert succeeded(said, case(Diagnosis({"a": 0.0, "b": 1.0}))) == {"b": True}
    assert succeeded(said, case(Diagnosis({"a": 1.0, "b": 0.0}))) == {"b": False}
    assert succeeded(said, case(Diagnosis({"a": float("nan"), "b": float("nan")}))) == {}
    assert succeeded(said, case()) == {}
    multi = Findings(Diagnosis({"a": 0.7, "b": 0.7, "c": 0.1}, "multi"))
    truth = Diagnosis({"a": 1.0, "b": 0.0, "c": float("nan")}, "multi")
    assert succeeded(multi, case(truth)) == {"a": True, "b": False}


def facts(n, *kinds, covariates=()):
    return Facts({"cases": n}, words={"kinds": (*kinds, "truth:image=Diagnosis"), "covariates": covariates})


@pytest.mark.parametrize(
    ("given", "method"),
    [
        (facts(50, "t1=Image", covariates=("age",)), "convnet"),
        (facts(FEW_SERIES, "history=Series"), "gru_d"),
        (facts(FEW_SERIES - 1, "history=Series"), "boosting"),
        (facts(5000, covariates=("age",)), "boosting"),
    ],
)
def test_the_default_follows_from_what_is_there(given, method):
    decision = default(given)
    assert decision.value == method
    assert decision.why


def test_nothing_to_tell_it_from_is_refused():
    with pytest.raises(Refused, match="neither images nor series nor covariates"):
        default(facts(9))


def labelled(values, ignore=None):
    labels = LabelMap(
        np.array([values], np.uint8), Grid.picture((1, len(values))), {1: "liver", 2: "lesion"}, ignore=ignore
    )
    return Case("x", {}, {"labels": Truth(lazy(labels))})


def test_presence_is_derived_from_label_maps():
    cases = (labelled([0, 1, 2]), labelled([0, 1, 1]), labelled([0, 255, 0], 255), labelled([2, 255, 0], 255), case())
    derived = presence(Dataset("folder", cases), "lesion")
    truths = [one.truth(Diagnosis) for one in derived]
    assert [truth and truth.likeliest for truth in truths] == ["yes", "no", "unknown", "yes", None]
    assert derived.task == "diagnosis"
    assert len({one.digest() for one in derived.cases[:2]}) == 2


def test_presence_of_what_is_not_labelled_is_refused():
    with pytest.raises(Refused, match="names no label"):
        presence(Dataset("folder", ()), "")
    with pytest.raises(Refused, match="has no label 'tumour'"):
        presence(Dataset("folder", (labelled([0, 1]),)), "tumour").cases[0].truth(Diagnosis)


def test_the_task_is_in_the_table():
    assert TASKS.load("diagnosis") is TASK
    assert TASK.metrics[0].name == "auc"
