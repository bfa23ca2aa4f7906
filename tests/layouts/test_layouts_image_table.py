"""Images and tables that speak of them."""

import pytest
from made_folders import mask, opened, png, text

from hounsfield.layouts.layout import ReadOptions
from hounsfield.values import Diagnosis, Quantities, Refused


def test_tables_are_joined_and_the_split_is_in_the_names(tmp_path):
    for part, names in (("Training", ("ISIC_01", "ISIC_02")), ("Validation", ("ISIC_03",))):
        for name in names:
            png(tmp_path / f"ISIC_{part}_Data" / f"{name}.png")
        rows = [f"{name},{float(name == 'ISIC_02')}" for name in names]
        text(tmp_path / f"ISIC_{part}_Classes.csv", "image_id,melanoma", *rows)
        text(tmp_path / f"ISIC_{part}_metadata.csv", "image_id,age,sex", *[f"{name},30,unknown" for name in names])
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("image_table", "diagnosis")
    assert dataset.task_why == "the target is melanoma"
    assert {case.id: case.split for case in dataset} == {
        "ISIC_01": "training",
        "ISIC_02": "training",
        "ISIC_03": "validation",
    }
    assert dataset["ISIC_02"].truth(Diagnosis) == Diagnosis({"no": 0.0, "yes": 1.0})
    assert dict(dataset["ISIC_03"].covariates) == {"age": 30.0, "sex": None}
    assert dataset.unclaimed == ()
    assert not dataset.problems


def test_the_column_of_names_is_found_and_ids_stay_text(tmp_path):
    for number in range(1, 5):
        png(tmp_path / "images" / f"00{number}.png")
        mask(tmp_path / "images" / f"00{number}_mask.png", (0, 0))
    rows = ["1,001.png,P1,north,dense,3", "2,002.png,P1,north,fatty,1", "3,003.png,P2,south,dense,2", "4,004.png,P3,,,"]
    text(tmp_path / "labels.csv", "nr,picture,patient,site,tissue,grade", *rows)
    dataset = opened(tmp_path, options=ReadOptions(target="tissue", ignore=("nr",)))
    assert [case.id for case in dataset] == ["001", "002", "003", "004"]
    assert [case.patient for case in dataset] == ["P1", "P1", "P2", "P3"]
    assert dataset["003"].site == "south"
    assert dataset["002"].truth(Diagnosis).likeliest == "fatty"
    assert not dataset["004"].truths
    assert [dict(case.covariates) for case in dataset][2:] == [{"grade": 2.0}, {"grade": None}]
    quantity = opened(tmp_path, layout="image_table", options=ReadOptions(target="grade>1"))
    assert quantity["002"].truth(Diagnosis).likeliest == "no"


def test_without_a_question_a_target_is_asked_for(tmp_path):
    for name in "abcd":
        png(tmp_path / f"{name}.png")
    text(tmp_path / "t.csv", "name,smoker,cancer,age", "a,0,1,50.5", "b,1,0,61", "c,0,0,44", "d,1,1,39")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task) == ("image_table", "")
    assert "Give --target, one of smoker, cancer, age" in str(dataset.problems[0])
    ignored = opened(tmp_path, options=ReadOptions(ignore=("smoker",)))
    assert ignored.task_why == "the target is cancer"
    assert opened(tmp_path, options=ReadOptions(target="age"))["a"].truth(Quantities).values == {"age": 50.5}
    with pytest.raises(Refused, match=r"no column 'tumour'.*one of smoker, cancer, age"):
        opened(tmp_path, options=ReadOptions(target="tumour"))


def test_what_does_not_fit_together_is_said(tmp_path):
    for name in "abcd":
        png(tmp_path / f"{name}.png")
    text(tmp_path / "one.csv", "image,ill,age", "a,yes,50", "b,no,60", "c,no,70", "x,no,80")
    text(tmp_path / "two.tsv", "image\tage", "a\t51", "b\t60")
    text(tmp_path / "notes.csv", "who,what", "we,nothing")
    dataset = opened(tmp_path)
    said = " ".join(map(str, dataset.problems))
    assert "one.csv, line 5: names 'x', which is not there" in said
    assert "two.tsv: has another 'age' than a table before it, first in line 2" in said
    assert "d.png: is in no table" in said
    assert [problem.case for problem in dataset.problems] == ["x", "", "d"]  # a's and b's rows can be used
    assert dataset["a"].covariates["age"] == 50
    assert dataset.unclaimed == ("notes.csv",)


def test_names_that_occur_in_both_parts_go_by_the_part(tmp_path):
    for part in ("train", "test"):
        for number in (1, 2):
            png(tmp_path / part / f"{number}.png")
    text(tmp_path / "train.csv", "image,ill", "1,0", "2,1")
    text(tmp_path / "test.csv", "image,ill", "1,1", "2,0")
    dataset = opened(tmp_path)
    found = {(case.split, case.id): case.truth(Diagnosis).likeliest for case in dataset}
    assert found == {
        ("training", "train_1.png"): "no",
        ("training", "train_2.png"): "yes",
        ("test", "test_1.png"): "yes",
        ("test", "test_2.png"): "no",
    }


def test_the_split_of_one_folder_is_in_the_tables(tmp_path):
    for name in "abc":
        png(tmp_path / "images" / f"{name}.png")
    text(tmp_path / "labels_train.csv", "image,ill", "a,0", "b,1")
    text(tmp_path / "labels_val.csv", "image,ill", "c,1")
    assert [case.split for case in opened(tmp_path)] == ["training", "training", "validation"]
    (tmp_path / "labels_val.csv").unlink()
    text(tmp_path / "labels_train.csv", "image,ill,split", "a,0,train", "b,1,test", "c,1,val")
    dataset = opened(tmp_path)
    assert [case.split for case in dataset] == ["training", "test", "validation"]
    assert not dataset["a"].covariates
