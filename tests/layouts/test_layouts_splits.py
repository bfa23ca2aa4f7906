"""Splits by patient."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import assume, given
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


def pair(a, b, split=None):
    return Case(f"{a}__{b}", {}, TRUTH, patient=f"{a}+{b}", several=(a, b), split=split)


NODES = st.integers(0, 25).map(lambda n: f"n{n:02d}")
GRAPHS = st.lists(st.tuples(NODES, NODES).filter(lambda edge: edge[0] < edge[1]), min_size=1, max_size=40, unique=True)


@given(edges=GRAPHS, seed=st.integers(0, 99), order=st.randoms())
def test_no_patient_of_any_pairs_is_in_two_parts(edges, seed, order):
    cases = [pair(a, b) for a, b in edges]
    shuffled = list(cases)
    order.shuffle(shuffled)
    try:
        found = split_by_patient(cases, seed=seed)
    except Refused:
        assume(False)
    assert None not in {c.split for c in found}
    for name in {name for edge in edges for name in edge}:
        assert len({c.split for c in found if name in c.several}) == 1
    assert parts(found) == parts(split_by_patient(shuffled, seed=seed))


@given(edges=GRAPHS, seed=st.integers(0, 99), data=st.data())
def test_no_patient_of_any_pairs_leaves_a_given_part(edges, seed, data):
    drawn = [pair(a, b, data.draw(st.sampled_from(["training", "validation", "test", None]))) for a, b in edges]
    try:
        found = split_by_patient(drawn, seed=seed)
    except Refused:
        assume(False)
    for name in {name for edge in edges for name in edge}:
        assert len({c.split for c in found if name in c.several} - {None}) <= 1


def test_pairs_that_share_one_image_can_not_be_held_apart():
    star = [pair("a", f"b{n}") for n in range(12)]
    with pytest.raises(Refused, match=r"hang together.* in 1 group, .*column `patient`.*--derive pairs=to-template"):
        split_by_patient(star, seed=0)
    named = [Case(c.id, {}, TRUTH, patient=f"p{n}") for n, c in enumerate(star)]
    assert {c.split for c in split_by_patient(named, seed=0)} == {"training", "validation", "test"}
    onto = [replace(c, template="a") for c in star]
    assert {c.split for c in split_by_patient(onto, seed=0)} == {"training", "validation", "test"}


def test_a_split_of_pairs_with_one_image_in_two_parts_is_refused():
    cases = [pair("a", "b", "training"), pair("c", "a", "test")]
    with pytest.raises(Refused, match="the patient 'a' is in training and, with case 'c__a', in test"):
        split_by_patient(cases, seed=0)


def test_a_pair_that_would_join_two_given_parts_gets_none():
    cases = [pair("a", "b", "training"), pair("b", "c"), pair("c", "d", "test"), pair("e", "f", "validation")]
    assert [c.split for c in split_by_patient(cases, seed=0)] == ["training", None, "test", "validation"]
