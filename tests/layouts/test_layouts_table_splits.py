"""A column of a table that says the part of the split: it is kept to, or refused, and never an input."""

import pytest
from made_folders import opened, png, text, volume

from hounsfield.layouts.layout import ReadOptions
from hounsfield.values import Refused


def images(folder, rows):
    for name in "abc":
        png(folder / f"{name}.png")
    text(folder / "t.csv", *rows)


def subjects(folder, rows):
    for name in "abc":
        volume(folder / f"sub-{name}" / "anat" / f"sub-{name}_T1w.nii.gz")
    text(folder / "participants.tsv", *(row.replace(",", "\t") for row in rows))


def folders(folder, rows):
    for name in "abc":
        volume(folder / name / "t1.nii.gz")
        volume(folder / name / "t2.nii.gz")
    text(folder / "t.csv", *rows)


def manifest(folder, rows):
    for name in "abc":
        png(folder / f"{name}.png")
    text(folder / "t.csv", f"image,{rows[0]}", *(f"{row[0]}.png,{row}" for row in rows[1:]))


def measurements(folder, rows):
    text(folder / "t.csv", *rows)


KINDS = {
    "image_table": images,
    "bids": subjects,
    "case_folders": folders,
    "manifest": manifest,
    "delimited": measurements,
}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.mark.parametrize("column", ["split", "Part", "partition", "subset"])
def test_a_word_for_no_part_is_refused_with_its_line_and_the_words_that_are_known(tmp_path, kind, column):
    KINDS[kind](tmp_path, [f"id,ill,{column}", "a,0,train", "b,1,Test", "c,0,holdout"])
    said = rf"line 4: has the {column} 'holdout'.*train, training, val, valid, validation, test, testing.*--ignore"
    with pytest.raises(Refused, match=said):
        opened(tmp_path, layout=kind, options=ReadOptions(target="ill"))


@pytest.mark.parametrize("column", ["split", "Part", "partition", "subset"])
def test_parts_are_kept_to_and_are_no_input(tmp_path, kind, column):
    KINDS[kind](tmp_path, [f"id,ill,age,{column}", "a,0,1,train", "b,1,2,TEST", "c,0,3,n/a"])
    dataset = opened(tmp_path, layout=kind, options=ReadOptions(target="ill"))
    assert [case.split for case in dataset] == ["training", "test", None]
    assert [set(case.covariates) for case in dataset] == [{"age"}] * 3


def test_a_column_that_is_ignored_or_asked_about_is_no_split(tmp_path, kind):
    KINDS[kind](tmp_path, ["id,ill,part", "a,0,knee", "b,1,hip", "c,0,knee"])
    ignored = opened(tmp_path, layout=kind, options=ReadOptions(target="ill", ignore=("part",)))
    asked = opened(tmp_path, layout=kind, options=ReadOptions(target="part"))
    assert [case.split for case in (*ignored, *asked)] == [None] * 6
    assert [set(case.covariates) for case in ignored] == [set()] * 3
    assert [list(case.truths) for case in asked] == [["part"]] * 3


def test_a_row_in_two_parts_is_refused(tmp_path, kind):
    KINDS[kind](tmp_path, ["id,ill,split,subset", "a,0,train,training", "b,1,train,test", "c,0,,"])
    with pytest.raises(Refused, match=r"line 3: says two parts of the split \(train, test\)"):
        opened(tmp_path, layout=kind, options=ReadOptions(target="ill"))


def test_a_split_of_0_and_1_is_not_taken_for_the_question(tmp_path):
    images(tmp_path, ["id,split", "a,0", "b,1", "c,0"])
    with pytest.raises(Refused, match="line 2: has the split '0'"):
        opened(tmp_path, layout="image_table")
