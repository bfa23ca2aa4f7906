"""What a person asks for, in the words of Python and of the command line."""

import pytest

from hounsfield.seam import read_card
from hounsfield.values import Refused
from hounsfield.verbs.plan import plan
from hounsfield.verbs.question import Question, as_word


@pytest.mark.parametrize(
    ("value", "word"),
    [(5, "5"), (0.5, "0.5"), (True, "yes"), ("ct", "ct"), ([4, 8], "4,8"), ([[1, 1], [2, 2]], "1,1;2,2"), ((), "")],
)
def test_values_are_said_as_on_the_command_line(value, word):
    assert as_word(value) == word


def test_wishes_as_values_and_as_words_are_the_same():
    values = {"features": [4, 8], "strides": [[1, 1, 1], [2, 2, 2]], "learning_rate": 0.01, "timed": False}
    words = [("features", "4,8"), ("strides", "1,1,1;2,2,2"), ("learning_rate", "0.01"), ("timed", "no")]
    assert Question("x", wishes=values).wishes == Question("x", wishes=words).wishes
    assert read_card("unet").wishes(Question("x", wishes=values).words) == values


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"minutes": -3.0}, "--minutes"),
        ({"minutes": 0.0}, "--minutes"),
        ({"minutes": float("nan")}, "--minutes"),
        ({"minutes": float("inf")}, "--minutes"),
        ({"steps": 0}, "--steps"),
        ({"seed": -1}, "--seed"),
        ({"allow_bad": -1}, "--allow-bad"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(asked, named):
    with pytest.raises(Refused, match=f"^{named}: is"):
        Question("x", **asked)


def test_what_an_interrupted_run_has_to_agree_with():
    asked = Question("x", seed=3, minutes=2.0, wishes={"batch": 2}, allow_bad=1, ignore=("age",)).asked()
    assert asked == {"--seed": "3", "--minutes": "2.0", "--set": "batch=2", "--ignore": "age"}


def test_a_table_that_waits_for_its_target_says_so_whatever_task_is_named(tmp_path):
    table = tmp_path / "t.csv"
    table.write_text("id,age,dead\n" + "".join(f"{n},{40 + n},{n % 2}\n" for n in range(8)))
    for task in (None, "diagnosis"):
        with pytest.raises(Refused, match="Give --target, one of id, age, dead"):
            plan(table, task=task)
