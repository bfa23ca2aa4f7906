"""The audit as a whole: one pass, all checks, the surest first; and how odd a number has to be."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from audited import run
from planted import case, dataset

from hounsfield.audit.checks import unreadable
from hounsfield.audit.robust import outliers
from hounsfield.values import Case, Dataset, Fault, Grid, Image, LabelMap, Lazy, Problem, Truth, refuse


@dataclass(frozen=True)
class Counting:
    """A check that finds every case, as sure as it is told."""

    sure: float
    name: str = "counting"

    def measure(self, opened) -> int | None:
        return opened.summary("image").elements if opened.case.id != "b" else None

    def judge(self, measured, dataset):
        for case_id, elements in measured.items():
            yield Fault(self.name, case_id, f"has {elements}", "", sure=self.sure, cases=(case_id,))


def image() -> Image:
    return Image.of(np.ones((2, 3, 4)), Grid.regular((2, 3, 4)))


def broken(kind: type, where: str) -> Lazy:
    def load():
        raise refuse(where, "is cut short", "Copy it again.")

    return Lazy(kind, where, load, str)


def test_faults_come_surest_first() -> None:
    cases = [case(name, image()) for name in "cba"]
    found = run(dataset(cases), [Counting(0.5), Counting(0.9, "zealous")])
    assert [(fault.check, fault.where) for fault in found] == [
        ("zealous", "a"),
        ("zealous", "c"),
        ("counting", "a"),
        ("counting", "c"),
    ]


def test_what_can_not_be_read_is_said_once_and_the_rest_is_looked_at() -> None:
    bad = Case("bad", {"image": broken(Image, "bad.nii")})
    found = run(dataset([case("good", image()), bad]), [unreadable.CHECK, Counting(0.5)])
    assert [(fault.check, fault.cases) for fault in found] == [("unreadable", ("bad",)), ("counting", ("good",))]
    assert str(found[0]) == "bad.nii: is cut short. Copy it again."


def test_every_broken_file_of_a_case_is_named() -> None:
    bad = Case("bad", {"image": broken(Image, "a.nii")}, {"labels": Truth(broken(LabelMap, "b.nii"), of="none")})
    found = run(dataset([bad]), [unreadable.CHECK])
    assert [fault.where for fault in found] == ["a.nii", "b.nii"]


def test_what_a_layout_missed_is_said_too() -> None:
    problem = Problem("c.nii", "has no label", "Add it.")
    (fault,) = run(Dataset("set", (), problems=(problem,)), [unreadable.CHECK])
    assert (fault.check, str(fault)) == ("unreadable", str(problem))


def test_a_fault_as_json() -> None:
    fault = Fault("flat", "a.nii", "is 0 everywhere", "Take it out.", sure=2 / 3, cases=("a",))
    assert fault.to_json() == {
        "check": "flat",
        "where": "a.nii",
        "what": "is 0 everywhere",
        "remedy": "Take it out.",
        "sure": 0.667,
        "cases": ["a"],
    }


@pytest.mark.parametrize("n", [5, 20, 1000])
def test_normal_numbers_have_no_outliers(n) -> None:
    rng = np.random.default_rng(n)
    named = sum(
        len(outliers(dict(enumerate(rng.normal(7, 0.5, n))), floor=0.1, times=5)) for _ in range(max(1, 4000 // n))
    )
    assert named <= 4000 * 0.002


def test_an_odd_number_is_found_among_few_and_many() -> None:
    rng = np.random.default_rng(0)
    for n in (5, 20, 1000):
        numbers = dict(enumerate(rng.normal(7, 0.1, n))) | {"odd": 14.0}
        found = outliers(numbers, floor=0.05, times=5)
        assert list(found) == ["odd"]
        assert 0.5 < found["odd"] <= 1
    assert outliers({1: 1.0, 2: 1.0, 3: 1.0, 4: 99.0}, floor=0.1, times=5) == {}  # too few to say
    assert outliers({n: float(n > 11) * 9 for n in range(16)}, floor=0.1, times=5) == {}  # two kinds


def test_the_end_of_a_long_tail_is_not_odd() -> None:
    tail = np.random.default_rng(0).exponential(size=2000) ** 1.2
    assert max(tail) > np.median(tail) + 8 * np.median(np.abs(tail - np.median(tail)))
    assert len(outliers(dict(enumerate(tail)), floor=0.1, times=5)) <= 3
    assert "odd" in outliers({**dict(enumerate(tail)), "odd": -9.0}, floor=0.1, times=5)
