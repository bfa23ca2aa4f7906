"""Tables joined on the names of the cases: rows too many, rows of nobody, and names that are alike."""

import pytest
from made_folders import opened, png, text, volume

from hounsfield.values import Diagnosis

TWELVE = [f"im{number:02d}" for number in range(1, 13)]


def twelve(folder, *more):
    for name in TWELVE:
        png(folder / f"{name}.png")
    text(folder / "t.csv", "image,ill,age", *(f"{name},{int(name > 'im06')},50" for name in TWELVE), *more)


def said(dataset):
    return [(str(problem).rpartition("/")[2], problem.case) for problem in dataset.problems]


def test_a_row_that_is_there_twice_is_said_and_its_case_is_used(tmp_path):
    twelve(tmp_path, "im03,0,50")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task, len(dataset)) == ("image_table", "diagnosis", 12)
    assert dataset["im03"].truth(Diagnosis).likeliest == "no"
    assert said(dataset) == [("t.csv, line 14: names 'im03', as line 4 does, and says the same. Remove the row.", "")]


def test_of_rows_that_contradict_each_other_none_is_taken_and_their_case_is_bad(tmp_path):
    twelve(tmp_path, "im03,1,50")
    dataset = opened(tmp_path)
    assert (dataset.layout, dataset.task, len(dataset)) == ("image_table", "diagnosis", 12)
    assert not dataset["im03"].truths
    assert dataset["im04"].truth(Diagnosis).likeliest == "no"
    line = "t.csv, line 14: names 'im03', as line 4 does, and says something else. Keep the row that is right."
    assert said(dataset) == [(line, "im03")]


def test_a_column_of_numbers_that_repeat_names_no_images(tmp_path):
    for number in range(10):
        png(tmp_path / f"{number}.png")
    text(tmp_path / "t.csv", "finger,count", *(f"{number % 6},{number}" for number in range(10)))
    dataset = opened(tmp_path)
    assert [dict(case.covariates) for case in dataset][:2] == [{"finger": 0.0}, {"finger": 1.0}]


def test_rows_and_images_of_nobody_are_bad_cases(tmp_path):
    twelve(tmp_path, "deep/gone.png,1,50", ",1,50")
    png(tmp_path / "extra.png")
    dataset = opened(tmp_path)
    assert [(name.partition(". ")[0], case) for name, case in said(dataset)] == [
        ("gone.png', which is not there", "gone"),
        ("t.csv, line 15: names no case", ""),
        ("extra.png: is in no table", "extra"),
    ]


def test_images_of_the_test_part_may_be_in_no_table(tmp_path):
    for name in ("train/a", "train/b", "test/c"):
        png(tmp_path / f"{name}.png")
    text(tmp_path / "t.csv", "image,ill", "a,0", "b,1")
    dataset = opened(tmp_path)
    assert {case.id: case.split for case in dataset} == {"a": "training", "b": "training", "c": "test"}
    assert not dataset.problems


@pytest.mark.parametrize("suffix", [".png", ""])
@pytest.mark.parametrize("table", ["t.csv", "train.csv"])
def test_images_of_one_name_are_told_apart_by_the_folder_that_a_cell_names(tmp_path, table, suffix):
    for part in ("train", "test"):
        png(tmp_path / part / "1.png")
        png(tmp_path / part / "2.png")
    rows = [f"{part}/{number}{suffix},{part} {number}" for part in ("train", "test") for number in (1, 2)]
    text(tmp_path / table, "image,what", *rows)
    dataset = opened(tmp_path, layout="image_table")
    assert {case.id: dict(case.covariates) for case in dataset} == {
        "train_1.png": {"what": "train 1"},
        "train_2.png": {"what": "train 2"},
        "test_1.png": {"what": "test 1"},
        "test_2.png": {"what": "test 2"},
    }


def test_subjects_of_two_visits_with_rows_that_contradict_each_other(tmp_path):
    for visit in ("sub-01/ses-a", "sub-01/ses-b", "sub-02"):
        volume(tmp_path / visit / "anat" / f"{visit.replace('/', '_')}_T1w.nii.gz")
    text(tmp_path / "participants.tsv", "participant_id\tage", "sub-01\t61", "02\t30", "03\t40", "sub-01\t62")
    dataset = opened(tmp_path, layout="bids")
    assert [problem.case for problem in dataset.problems] == ["sub-03", "sub-01_ses-a", "sub-01_ses-b"]
    assert [case.covariates["age"] for case in dataset] == [None, None, 30.0]


def test_a_number_of_thousands_of_digits_is_nobodys(tmp_path):
    for name in ("p07", "p19"):
        for role in ("t1", "t2"):
            volume(tmp_path / name / f"{role}.nii.gz")
    endless = "7" * 5000
    text(tmp_path / "t.csv", "id,age", "7,1", f"{endless},2", "0019,3")
    dataset = opened(tmp_path, layout="case_folders")
    assert [dict(case.covariates) for case in dataset] == [{"age": 1.0}, {"age": 3.0}]
    assert [problem.case for problem in dataset.problems] == [endless]
