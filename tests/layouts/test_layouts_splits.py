"""Splits by patient."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hounsfield.layouts.splits import apply_split, read_split, split_by_patient, write_split
from hounsfield.values import Case, Code, Lazy, Refused, Truth

TRUTH = {"t": Truth(Lazy(Code, "", lambda: None, lambda: ""))}


def case(number, patient="", split=None, truths=TRUTH):
    return Case(f"c{number}", {}, truths, patient=patient, split=split)


def parts(cases):
    return {c.id: c.split for c in cases}


@given(n=st.integers(3, 80), seed=st.integers(0, 99), order=st.randoms())
def test_patients_stay_together_whatever_the_order(n, seed, order):
    cases = [case(i, patient=f"p{i // 3}") for i in range(n)]
    shuffled = list(cases)
    order.shuffle(shuffled)
    first = split_by_patient(cases, seed=seed)
    assert parts(first) == parts(split_by_patient(shuffled, seed=seed))
    assert [c.id for c in first] == [c.id for c in cases]
    for patient in {c.patient for c in cases}:
        assert len({c.split for c in first if c.patient == patient}) == 1


def test_shares_and_seeds():
    cases = [case(i) for i in range(200)]
    one, other = split_by_patient(cases, seed=1), split_by_patient(cases, seed=2)
    assert Counter(c.split for c in one) == {"training": 140, "validation": 30, "test": 30}
    assert parts(one) != parts(other)


def test_strata_keep_their_shares():
    cases = [case(i) for i in range(100)]
    strata = {f"c{i}": "ill" if i < 20 else "well" for i in range(100)}
    ill = Counter(c.split for c in split_by_patient(cases, seed=0, strata=strata)[:20])
    assert ill["training"] == 14
    assert ill["validation"] == ill["test"] == 3


def test_given_parts_stay_and_a_missing_one_is_drawn_from_training():
    cases = [case(i, split="training" if i < 40 else "test") for i in range(60)]
    found = split_by_patient(cases, seed=0)
    assert Counter(c.split for c in found[40:]) == {"test": 20}
    counts = Counter(c.split for c in found[:40])
    assert counts["validation"] == 7  # 0.15 / 0.85 of 40
    assert counts["training"] == 33
    whole = [case(i, split=("training", "validation", "test")[i % 3]) for i in range(9)]
    assert parts(split_by_patient(whole, seed=0)) == parts(whole)
    no_test = [case(i, split=("training", "validation")[i % 2]) for i in range(8)]
    assert parts(split_by_patient(no_test, seed=0)) == parts(no_test)


def test_cases_without_truth_get_no_part_unless_none_has_one():
    cases = [case(0, truths={}), *[case(i) for i in range(1, 20)]]
    assert split_by_patient(cases, seed=0)[0].split is None
    bare = [case(i, truths={}) for i in range(20)]
    assert None not in {c.split for c in split_by_patient(bare, seed=0)}


def test_a_patient_in_two_parts_is_refused():
    cases = [case(1, "Ann", "training"), case(2, "Ann", "test")]
    with pytest.raises(Refused, match="'Ann' is in training and, with case 'c2', in test"):
        split_by_patient(cases, seed=0)


def test_split_files(tmp_path):
    path = tmp_path / "split.csv"
    cases = split_by_patient([case(i, patient=f"p{i // 2}") for i in range(20)], seed=0)
    write_split(path, cases)
    blank = [case(i, patient=f"p{i // 2}") for i in range(20)]
    assert apply_split(blank, read_split(path), path) == cases
    path.write_text("case,part\nc1,training\nc99,test\n")
    with pytest.raises(Refused, match="names 'c99'"):
        apply_split(blank, read_split(path), path)
    path.write_text("case,part\nc0,training\nc1,test\n")
    with pytest.raises(Refused, match=r"split.csv: the patient 'p0' is in training and, with case 'c1', in test"):
        apply_split(blank, read_split(path), path)
    path.write_text("case,part\nc0,train\n")
    with pytest.raises(Refused, match="line 2: has the part 'train'"):
        read_split(path)
    path.write_text("case,part\nc0,test\nc0,training\n")
    with pytest.raises(Refused, match="in test already"):
        read_split(path)
