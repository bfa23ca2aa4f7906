"""Another visit of a patient whom a model has seen is not held out; a package names nobody."""

import csv
from pathlib import Path

import pytest

from hounsfield.answers import manifest
from hounsfield.layouts.splits import read_split
from hounsfield.values import Refused
from hounsfield.verbs.compare import compare
from hounsfield.verbs.evaluate import evaluate
from hounsfield.verbs.predict import predict
from hounsfield.verbs.train import train

KNOWN = [f"Quist-{n:02d}" for n in range(20)]
NEW = [f"Zoega-{n}" for n in range(4)]
SICK = {"target": "sick"}


def visits(folder: Path, number: int, patients: list[str]) -> Path:
    """A table with a row for each patient, measured anew at each visit; every other one is sick."""
    folder.mkdir()
    with open(folder / "visits.csv", "w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(["id", "patient", "age", "pressure", "sick"])
        for n, patient in enumerate(patients):
            sick = n % 2
            table.writerow([f"v{number}-{n:02d}", patient, 40 + n + number, 100 + 30 * sick + n % 7 + number, sick])
    return folder


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """A model of the first visits, and the part of the split that each patient was in."""
    folder = tmp_path_factory.mktemp("first")
    package = train(visits(folder / "data", 1, KNOWN), out=folder / "m", wishes={"trees": 5}, **SICK)
    parts = read_split(folder / "m.run" / "split.csv")
    return package, {patient: parts[f"v1-{n:02d}"] for n, patient in enumerate(KNOWN)}


def test_another_visit_of_a_patient_is_not_held_out(first, tmp_path):
    package, parts = first
    second = visits(tmp_path / "second", 2, [*KNOWN, *NEW])
    predict(package, second, out=tmp_path / "a", **SICK)
    entries = manifest.entries(tmp_path / "a")
    known = {"training": "training", "validation": "validation", "test": "no"}
    assert {entry.patient: entry.seen for entry in entries.values()} == {
        **{patient: known[part] for patient, part in parts.items()},
        **dict.fromkeys(NEW, "no"),
    }
    scores = evaluate(tmp_path / "a", second, **SICK)
    unseen = {patient for patient, part in parts.items() if part == "test"} | {*NEW}
    assert set(scores.patients.values()) == unseen
    left_out = f"{24 - len(unseen)} cases left out: the model was trained or chosen on them, or on other cases of their"
    assert any(note.startswith(left_out) for note in scores.notes)


def test_a_package_names_no_patient(first):
    package, parts = first
    assert (len(package.seen.training_patients), len(package.seen.validation_patients)) == (
        sum(part == "training" for part in parts.values()),
        sum(part == "validation" for part in parts.values()),
    )
    files = [path for path in package.folder.rglob("*") if path.is_file()]
    assert "validation.json" in {path.name for path in files}
    assert [path for path in files if b"Quist" in path.read_bytes()] == []


def test_patients_who_are_all_known_leave_nothing_to_compare(first, tmp_path):
    package, parts = first
    seen = [patient for patient, part in parts.items() if part != "test"]
    predict(package, visits(tmp_path / "third", 3, seen), out=tmp_path / "a", **SICK)
    with pytest.raises(Refused, match=r"all of them, or on other cases of their patients\. .* known by their names"):
        evaluate(tmp_path / "a", tmp_path / "third", **SICK)
    with pytest.raises(Refused, match=r"third: holds no case that .* has not seen"):
        compare(package, package, tmp_path / "third", **SICK)


def test_rows_of_two_tables_that_share_an_id_are_not_taken_for_one(first, tmp_path):
    package, _ = first
    tables = [visits(tmp_path / name, 4, KNOWN[:2]) for name in ("one", "two")]
    assert predict(package, tables, out=tmp_path / "a", **SICK).done == ("v4-00", "v4-01"), "the same rows twice are"
    rows = (tables[1] / "visits.csv").read_text(encoding="utf-8")
    (tables[1] / "visits.csv").write_text(rows.replace(",44,", ",45,"), encoding="utf-8")
    with pytest.raises(Refused, match="v4-00: is the name of two cases"):
        predict(package, tables, out=tmp_path / "b", **SICK)
