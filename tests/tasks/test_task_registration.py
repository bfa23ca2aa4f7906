"""The task registration: its cases from other data, its answers joined and written."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from hounsfield.ops.fields import transform_points
from hounsfield.phantoms.torso import torso, torso_pair
from hounsfield.tasks.registration import TASK
from hounsfield.values import (
    Case,
    Dataset,
    Diagnosis,
    Findings,
    Grid,
    LabelMap,
    Points,
    Refused,
    Transform,
    Truth,
)
from hounsfield.values.case import Lazy

pairs = TASK.derive["pairs"]


def a_dataset(n: int, splits=None, **changes) -> Dataset:
    cases = []
    for number in range(n):
        case = torso(0, number, shape=(16, 16, 16), spacing=16)
        split = splits[number] if splits else None
        cases.append(Case(f"c{number:02d}", case.inputs, case.truths, patient=f"p{number}", site="a", split=split))
    return Dataset("data", tuple(cases))


def a_transform(bent: bool = True) -> Transform:
    affine = np.eye(4)
    affine[:3, :3] += np.random.default_rng(0).normal(0, 0.05, (3, 3))
    affine[:3, 3] = (4, -7, 12)
    turn = np.array([[0, -2.0, 0, 9], [0, 0, 1.5, -4], [1.0, 0, 0, 3], [0, 0, 0, 1]])
    fixed, moving = Grid((7, 8, 9), turn), Grid.regular((6, 6, 6), (1, 2, 3))
    u = np.random.default_rng(1).normal(0, 1, (3, 7, 8, 9)).astype(np.float32)
    v = np.random.default_rng(2).normal(0, 1, (3, 6, 6, 6)).astype(np.float32)
    return Transform(fixed, moving, affine, u, v) if bent else Transform(fixed, moving, affine)


def test_a_pair_has_both_images_and_their_truths():
    (pair, *rest) = pairs(a_dataset(3), "to-template")
    assert [pair.id, *(case.id for case in rest)] == ["c00__c01", "c00__c02"]
    assert list(pair.inputs) == ["fixed", "moving"]
    assert {name: truth.of for name, truth in pair.truths.items()} == {
        "fixed_organs": "fixed",
        "fixed_landmarks": "fixed",
        "moving_organs": "moving",
        "moving_landmarks": "moving",
    }
    source = a_dataset(3)
    assert pair.inputs["moving"].load() == source["c01"].inputs["image"].load()
    assert pair.truth(LabelMap, of="moving") == source["c01"].truth(LabelMap)
    assert (pair.patient, pair.site) == ("p0+p1", "a")
    assert TASK.has_truth(pair)
    assert not TASK.has_truth(source["c00"])  # a case alone has nothing to register
    alone = source.with_cases([Case(case.id, case.inputs, case.truths) for case in source])
    assert pairs(alone, "to-template")["c00__c01"].patients == (), "nobody is named, so nobody is known again"


def test_pairs_are_held_together_by_their_patients_and_not_by_a_template():
    source = a_dataset(3)
    named = source.with_cases([replace(case, patient=f"{case.patient}+x") for case in source])
    unnamed = source.with_cases([replace(case, patient="") for case in source])
    for data, names in ((named, ("p0+x", "p1+x")), (unnamed, ("c00", "c01"))):
        every = pairs(data.with_cases([replace(case, split="training") for case in data]), "all")["c00__c01"]
        onto = pairs(data, "to-template")["c00__c01"]
        assert (every.bonds, onto.bonds) == (names, names[1:])
        assert every.patients == onto.patients == (names if data is named else ())


def test_all_pairs_are_unordered_and_bounded():
    made = pairs(a_dataset(5, ["training"] * 5), "all")
    assert len(made) == 10
    assert len({frozenset(case.id.split("__")) for case in made}) == 10
    many = pairs(a_dataset(40, ["training"] * 40), "")
    assert len(many) == 280  # seven whole rounds of 40; an eighth would pass 300
    often = [name for case in many for name in case.id.split("__")]
    assert {often.count(f"c{n:02d}") for n in range(40)} == {14}


def test_no_pair_joins_training_and_test():
    parts = ["training", "training", "test", "training", "test"]
    for detail in ("all", "to-template"):
        made = pairs(a_dataset(5, parts), detail)
        assert {case.id: case.split for case in made} == {
            **dict.fromkeys(("c00__c01", "c00__c03"), "training"),
            **({"c01__c03": "training"} if detail == "all" else {}),
            "c02__c04": "test",
        } or detail == "all"
        for case in made:
            assert {parts[int(name[1:])] for name in case.id.split("__")} == {case.split}


def test_all_draws_parts_where_none_are_given():
    made = pairs(a_dataset(12), "all")
    part_of = {}
    for case in made:
        for name in case.id.split("__"):
            assert part_of.setdefault(name, case.split) == case.split
    assert {"training", "validation", "test"} <= set(part_of.values())
    assert [case.id for case in made] == [case.id for case in pairs(a_dataset(12), "all")]


def test_pairs_of_a_file(tmp_path: Path):
    file = tmp_path / "pairs.csv"
    file.write_text("fixed,moving\nc02,c00\nc00,c02\n")
    assert [case.id for case in pairs(a_dataset(3), str(file))] == ["c02__c00", "c00__c02"]
    file.write_text("fixed,moving\nc00,c02\n")
    with pytest.raises(Refused, match="no pair"):
        pairs(a_dataset(3, ["training", "training", "test"]), str(file))
    for text, match in (("fixed,moving\nc00,c09\n", "line 2.*c09"), ("a,b\nc00,c01\n", "columns"),
                        ("fixed,moving\nc00,c00\n", "with itself")):  # fmt: skip
        file.write_text(text)
        with pytest.raises(Refused, match=match):
            pairs(a_dataset(3), str(file))
    with pytest.raises(Refused):
        pairs(a_dataset(3), "nowhere.csv")
    with pytest.raises(Refused, match="no pair"):
        pairs(a_dataset(1), "all")


def test_other_truths_stay_behind():
    source = a_dataset(2)
    said = Lazy(Diagnosis, "x", lambda: Diagnosis({"ill": 1.0}), str)
    cases = [Case(c.id, c.inputs, {"diagnosis": Truth(said)}) for c in source]
    (pair,) = pairs(source.with_cases(cases), "to-template")
    assert not pair.truths
    assert not TASK.has_truth(pair)


def test_one_model_only():
    findings = Findings(a_transform())
    assert TASK.combine([findings]) is findings
    with pytest.raises(Refused, match="2 models"):
        TASK.combine([findings, findings])


@pytest.mark.parametrize("bent", [True, False])
def test_files_read_back_equal_whatever_lies_beside_them(tmp_path: Path, bent: bool):
    # which fields belong to a transform its JSON says
    TASK.write(Findings(a_transform(bent=True)), tmp_path / "a.b", Case("x", {}))
    transform = a_transform(bent)
    files = TASK.write(Findings(transform), tmp_path / "a.b", Case("x", {}))
    assert TASK.read(files[0]) == transform
    assert len(files) == (3 if bent else 1)


def test_files_say_the_same_to_simpleitk(tmp_path: Path):
    transform = a_transform()
    json_file, field_file, _ = TASK.write(Findings(transform), tmp_path / "t", Case("x", {}))
    read = TASK.read(json_file)
    field = sitk.ReadImage(str(field_file), sitk.sitkVectorFloat64)
    # the file's vectors are RAS, ITK's world is LPS
    turned = sitk.GetArrayFromImage(field) * np.array([-1.0, -1.0, 1.0])
    lps = sitk.GetImageFromArray(turned, isVector=True)
    lps.CopyInformation(field)
    linear = sitk.AffineTransform(3)
    flip = np.diag([-1.0, -1.0, 1.0])
    linear.SetMatrix((flip @ read.affine[:3, :3] @ flip).ravel().tolist())
    linear.SetTranslation((flip @ read.affine[:3, 3]).tolist())
    both = sitk.CompositeTransform([linear, sitk.DisplacementFieldTransform(lps)])
    points = transform.fixed_grid.to_world(np.random.default_rng(3).uniform(0, [6, 7, 8], (20, 3)))
    ours = transform_points(points, read.affine, read.displacement, read.fixed_grid)
    theirs = [flip @ both.TransformPoint((flip @ point).tolist()) for point in points]
    np.testing.assert_allclose(ours, theirs, atol=1e-4)


def test_success_and_figure():
    case = torso_pair(0, 0, shape=(16, 16, 16), spacing=16)
    told = case.truth(Transform)
    right = Findings(told)
    wrong = Findings(Transform(told.fixed_grid, told.moving_grid, np.diag([1, 1, 1, 1.0]) + np.eye(4, k=3) * 90))
    assert TASK.succeeded(right, case)["landmarks"]
    assert not any(TASK.succeeded(wrong, case).values())
    assert TASK.succeeded(right, Case("x", case.inputs)) == {}
    picture = TASK.figure(right, case)
    assert picture.png.startswith(b"\x89PNG")
    unknown = Truth(
        Lazy(Points, "x", lambda: Points(np.full((1, 3), np.nan), ("a",), np.array([np.nan])), str), "fixed"
    )
    assert "landmarks" not in TASK.succeeded(right, Case("x", case.inputs, {"p": unknown}))
