"""Tables without images: what is asked is no input, what is ignored is none, numbers are read as people write them."""

import pytest
from made_folders import opened, png, text

from hounsfield.layouts.layout import ReadOptions
from hounsfield.values import Diagnosis, Refused

ROWS = [f"p{n},{40 + n},{n % 2}" for n in range(6)]


@pytest.mark.parametrize("target", ["Dead", "Dead>0"])
def test_the_target_is_no_input_however_it_is_written(tmp_path, target):
    text(tmp_path / "t.csv", "Patient ID,Age,Dead", *ROWS)
    dataset = opened(tmp_path, options=ReadOptions(target=target))
    assert [dict(case.covariates) for case in dataset][:2] == [{"Age": 40.0}, {"Age": 41.0}]
    assert [case.truth(Diagnosis).likeliest for case in dataset][:2] == ["no", "yes"]
    assert dataset[next(case.id for case in dataset)].patient == "p0"


def test_a_column_is_ignored_by_its_own_name_and_a_name_of_none_is_refused(tmp_path):
    text(tmp_path / "t.csv", "Patient ID,Age,Dead", *ROWS)
    dataset = opened(tmp_path, options=ReadOptions(target="Dead", ignore=("Age",)))
    assert all(not case.covariates for case in dataset)
    for wrong in ("age", "Foo"):
        with pytest.raises(Refused, match=f"--ignore {wrong}: is no column of a table here.*Patient ID, Age, Dead"):
            opened(tmp_path, options=ReadOptions(target="Dead", ignore=(wrong,)))


def test_beside_images_too(tmp_path):
    for n in range(6):
        png(tmp_path / f"p{n}.png")
    text(tmp_path / "t.csv", "image,Age,Dead", *ROWS)
    with pytest.raises(Refused, match="--ignore Foo"):
        opened(tmp_path, options=ReadOptions(target="Dead", ignore=("Foo",)))


def test_decimal_commas_are_numbers_where_no_comma_parts_the_cells(tmp_path):
    rows = [f"{n};1{n},5;{n},{n};{n % 2}" for n in range(6)]
    text(tmp_path / "t.csv", "id;crp;pair;dead", *rows, "9;;a,b;1")
    dataset = opened(tmp_path, options=ReadOptions(target="dead"))
    assert [case.covariates["crp"] for case in dataset] == [10.5, 11.5, 12.5, 13.5, 14.5, 15.5, None]
    assert [case.covariates["pair"] for case in dataset][-2:] == ["5,5", "a,b"]  # a column with words stays words
