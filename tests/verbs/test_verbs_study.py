"""Which cases are left to learn from, and how many may be bad."""

from collections.abc import Collection
from dataclasses import replace

import pytest

from hounsfield.layouts.splits import split_by_patient
from hounsfield.values import Case, Dataset, Diagnosis, Lazy, Problem, Refused, Truth
from hounsfield.verbs.question import Question
from hounsfield.verbs.study import study

CLASSES = ("no", "yes")


def row(number: int, *, is_bad: bool = False) -> Case:
    """A case of one covariate; of a bad one two things are wrong."""

    def load() -> Diagnosis:
        if is_bad:
            raise Refused([Problem(f"row {number}", what, "Mend it.") for what in ("is torn", "is wet")])
        return Diagnosis.certain(CLASSES[number % 2], CLASSES)

    truth = Truth(Lazy(Diagnosis, f"row {number}", load, lambda: f"{number:064x}"), of="")
    return Case(f"c{number:03d}", {}, {"sick": truth}, {"age": float(number)})


def table(bad: Collection[int] = (), problems: Collection[Problem] = ()) -> Dataset:
    """A hundred rows."""
    cases = tuple(row(number, is_bad=number in bad) for number in range(100))
    return Dataset("table", cases, task="diagnosis", problems=tuple(problems))


def used(dataset: Dataset, **asked: int) -> set[str]:
    found = study(Question(dataset, **asked))
    return {case.id for case in (*found.cases.training, *found.cases.validation, *found.test)}


def test_of_a_hundred_cases_four_may_be_bad():
    bad = {3, 40, 77, 99}
    assert used(table(bad)) == {f"c{number:03d}" for number in range(100) if number not in bad}
    assert len(study(Question(table(bad))).problems) == 8


def test_seven_bad_cases_are_too_many_and_may_be_allowed():
    bad = range(0, 70, 10)
    with pytest.raises(Refused) as refusal:
        study(Question(table(bad)))
    assert len(refusal.value.problems) == 15, "what is wrong with each, and the sum"
    said = "table: has 7 bad cases among 100, and 5 may be left out. Mend them, or allow them with --allow-bad 7."
    assert str(refusal.value.problems[-1]) == said
    assert len(used(table(bad), allow_bad=7)) == 93


def test_bad_cases_count_wherever_they_are():
    test = [case.id for case in split_by_patient(table().cases, seed=0) if case.split == "test"]
    with pytest.raises(Refused, match="has 7 bad cases among 100"):
        study(Question(table([int(case[1:]) for case in test[:7]])))


def test_what_is_wrong_with_the_set_is_no_bad_case():
    lists = [Problem(f"list {n}", "names images that are not there", "Add them.") for n in range(9)]
    found = study(Question(table(problems=lists)))
    assert found.problems == tuple(lists)
    assert len(used(table(problems=lists))) == 100


def test_cases_that_the_folder_could_not_make_are_bad():
    unmade = [Problem(f"x{n}/images", "holds 2 images", "Keep one.", f"x{n}") for n in range(6)]
    with pytest.raises(Refused, match="has 6 bad cases among 106, and 5 may be left out"):
        study(Question(table(problems=unmade)))
    assert len(used(table(problems=unmade[:5]))) == 100


def test_a_case_that_the_folder_calls_unfit_is_left_out_and_counted_once():
    """It would be read in vain: row 3 is bad as well."""
    unfit = [Problem(f"c{number:03d}", "lacks a channel", "Add it.", f"c{number:03d}") for number in (2, 3)]
    found = study(Question(table([3], unfit)))
    assert found.problems == tuple(unfit)
    assert len(used(table([3], unfit))) == 98
    with pytest.raises(Refused, match="has 2 bad cases among 100, and 1 may be left out"):
        study(Question(table([3], unfit), allow_bad=1))


def test_every_case_is_looked_at_once():
    events = []
    study(Question(table()), watch=events.append)
    assert {event["total"] for event in events} == {100}
    assert (events[0]["done"], events[-1]["done"]) == (0, 100)
    parts = [
        replace(case, split=part) for case, part in zip(table().cases, ["training"] * 90 + ["test"] * 10, strict=True)
    ]
    assert len(study(Question(table().with_cases(parts))).test) == 10
