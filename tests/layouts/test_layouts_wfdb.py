"""Folders of WFDB records: what becomes an input, a covariate and a truth."""

from collections import Counter
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from hounsfield.layouts.layout import ReadOptions
from hounsfield.layouts.opening import open_folder
from hounsfield.values import Diagnosis, Quantities, Refused, Series, Timeline

NAMES = ["delimited", "physionet2012", "single_images", "wfdb"]
LAYOUTS = {name: import_module(f"hounsfield.layouts.{name}").LAYOUT for name in NAMES}


def opened(folder, **options):
    return open_folder(folder, LAYOUTS, **options)


def record(path, *comments, samples=(1, 2, 3), stated=None):
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{path.name} 1 10 {stated or len(samples)}", f"{path.name}.dat 16 1(0) 0 0 0 0 0 ECG"]
    path.with_name(f"{path.name}.hea").write_text("\n".join([*lines, *(f"# {comment}" for comment in comments), ""]))
    path.with_name(f"{path.name}.dat").write_bytes(np.array(samples, "<i2").tobytes())


def test_records_with_comments(tmp_path):
    record(tmp_path / "a", "Age: 74", "Sex: Male", "Rx: Unknown", "Made at 10:20, by hand")
    record(tmp_path / "b", "69 M 1085 1629 x1", "Aldomet, Inderal")
    record(tmp_path / "c", "-1 F 10 20 x1")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task, dataset.unclaimed) == ("wfdb", "", ())
    assert {case.id: dict(case.covariates) for case in dataset} == {
        "a": {"age": 74.0, "sex": "Male", "rx": "Unknown"},
        "b": {"age": 69.0, "sex": "M"},
        "c": {"age": None, "sex": "F"},
    }
    series = dataset["a"].inputs["signal"].load()
    assert isinstance(series, Series)
    assert series.values[:, 0].tolist() == [1, 2, 3]
    kept = opened(tmp_path, options=ReadOptions(ignore=("age",)))
    assert dict(kept["b"].covariates) == {"sex": "M"}


def test_a_comment_can_be_the_question(tmp_path):
    for name, rhythm, age in (("a", "AF", 70), ("b", "SR", 55.5), ("c", "SR", 61)):
        record(tmp_path / name, f"Rhythm: {rhythm}", f"Age: {age}")
    dataset = opened(tmp_path, options=ReadOptions(target="rhythm"))
    assert dataset.task == "diagnosis"
    assert [case.truth(Diagnosis).likeliest for case in dataset] == ["AF", "SR", "SR"]
    assert all(set(case.covariates) == {"age"} for case in dataset)
    ages = opened(tmp_path, options=ReadOptions(target="age"))
    assert ages.task == "regression"
    assert ages["b"].truth(Quantities).values == {"age": 55.5}
    with pytest.raises(Refused, match=r"no comment 'weight'\. Its headers tell age, rhythm"):
        opened(tmp_path, options=ReadOptions(target="weight"))


def test_records_lists_what_is_there(tmp_path):
    for name in ("p1/a", "p2/b", "p2/b_layout"):
        record(tmp_path / name)
    (tmp_path / "RECORDS").write_text("p1/a\np2/b\np3/c\n../a\n" + "x" * 5000)
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["p1/a", "p2/b"]
    assert dataset.unclaimed == ("p2/b_layout.dat", "p2/b_layout.hea")
    assert "lists 3 records that are not there, p3/c first" in dataset.problems[0].what


def test_a_bad_record_does_not_hide_the_others(tmp_path):
    record(tmp_path / "a")
    record(tmp_path / "b", stated=99)
    (tmp_path / "c.hea").write_text("c/2 1 10 20\n")
    (tmp_path / "a.atr").write_bytes(b"\x05\x04")
    dataset = opened(tmp_path)
    assert [case.id for case in dataset] == ["a", "b"]
    assert [Path(problem.where.partition(",")[0]).name for problem in dataset.problems] == ["a.atr", "c.hea"]
    with pytest.raises(Refused, match="is cut short: it holds 3 of the 99 samples"):
        dataset["b"].inputs["signal"].load()


def test_the_same_samples_are_the_same_whatever_the_comments(tmp_path):
    record(tmp_path / "one" / "a", "Age: 1")
    record(tmp_path / "two" / "a", "Age: 2")
    record(tmp_path / "three" / "a", samples=(1, 2, 4))
    first, second, third = (opened(tmp_path / name)["a"].inputs["signal"].digest() for name in ("one", "two", "three"))
    assert first == second != third


@pytest.mark.data
def test_the_ecg_records(data_root):
    dataset = opened(data_root / "ecg")
    assert (dataset.layout, dataset.problems, dataset.unclaimed) == ("wfdb", (), ())
    assert [(case.id, case.covariates["age"], case.covariates["sex"]) for case in dataset] == [
        ("100", 69, "M"),
        ("106", 24, "F"),
        ("208", 23, "F"),
    ]
    case = dataset["100"]
    assert Counter(case.truth(Timeline, of="signal").labels) == {"N": 2239, "V": 1, "A": 33}
    assert case.truths["rhythm"].answer.load().labels == ("N",)
    assert case.inputs["signal"].load().values.shape == (650_000, 2)


@pytest.mark.data
def test_the_alarms(data_root):
    dataset = opened(data_root / "icu_alarms")
    assert (dataset.layout, dataset.task, dataset.unclaimed) == ("wfdb", "diagnosis", ())
    assert {case.id: case.covariates["alarm"] for case in dataset} == {
        "a103l": "Asystole",
        "v102s": "Ventricular_Tachycardia",
    }
    assert {case.truth(Diagnosis).likeliest for case in dataset} == {"false alarm"}
    assert dataset["a103l"].truth(Diagnosis).classes == ("false alarm", "true alarm")
