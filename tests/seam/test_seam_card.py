"""Cards: read as data, and wishes that are refused in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hounsfield.registry.table import UnknownName
from hounsfield.registry.tables import METHODS
from hounsfield.seam import Card, Cases, read_card
from hounsfield.seam.card import Option, card_from
from hounsfield.values import Boxes, Case, LabelMap, Lazy, Plan, Refused, Truth

CARD = """
name = "tiny"
tasks = ["segmentation", "detection"]
summary = "A tiny method."
when = "In tests."
source = "Nobody 2026."
seeded = false

[tiny]
size = 3

[options.size]
kind = "integer"
low = 1
high = 9
meaning = "how large"
[options.rate]
kind = "number"
low = 0
meaning = "how fast"
[options.sizes]
kind = "integers"
low = 1
meaning = "how large each"
[options.spacing]
kind = "numbers"
meaning = "how far apart"
[options.mode]
kind = "choice"
choices = ["fast", "good"]
meaning = "which"
[options.deep]
kind = "flag"
meaning = "whether"
[options.labels]
kind = "words"
meaning = "which names"
[options.note]
kind = "text"
meaning = "a word"
[options.strides]
kind = "table"
meaning = "rows"
"""


@pytest.fixture
def card(tmp_path: Path) -> Card:
    (tmp_path / "card.toml").write_text(CARD, encoding="utf-8")
    return card_from(tmp_path / "card.toml")


def test_seam_card_is_what_the_file_says(card: Card) -> None:
    assert (card.name, card.tasks, card.seeded, card.has_state) == ("tiny", ("segmentation", "detection"), False, True)
    assert card.tiny == {"size": 3}
    assert card.options["size"] == Option("size", "integer", "how large", 1, 9)
    assert card.options["mode"].choices == ("fast", "good")


WISHES: list[tuple[str, str, Any]] = [
    ("size", "4", 4), ("size", " 4 ", 4), ("rate", "1e-3", 0.001), ("rate", "2", 2.0), ("sizes", "1,2,3", [1, 2, 3]),
    ("sizes", "8x8x4", [8, 8, 4]), ("spacing", "1,-0.5", [1.0, -0.5]), ("mode", "good", "good"), ("deep", "yes", True),
    ("deep", "OFF", False), ("labels", "a,b", ["a", "b"]), ("note", "1,2", "1,2"),
    ("strides", "1,1;2,2", [[1, 1], [2, 2]]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "word", "value"), WISHES)
def test_seam_wishes_are_read(card: Card, name: str, word: str, value: Any) -> None:
    read = card.wishes({name: word})[name]
    assert read == value
    assert type(read) is type(value)


BAD = [
    ("size", "four"), ("size", "4.5"), ("size", "0"), ("size", "10"), ("size", ""), ("rate", "-1"), ("rate", "nan"),
    ("sizes", "1,,2"), ("sizes", "0,1"), ("spacing", "wide"), ("mode", "better"), ("deep", "perhaps"),
    ("strides", "1,1;a"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "word"), BAD)
def test_seam_bad_wishes_are_refused_with_what_would_do(card: Card, name: str, word: str) -> None:
    with pytest.raises(Refused) as refusal:
        card.wishes({name: word})
    (problem,) = refusal.value.problems
    assert name in problem.where
    assert card.options[name].expectation() in problem.what


def test_seam_all_bad_wishes_are_told_at_once(card: Card) -> None:
    with pytest.raises(Refused) as refusal:
        card.wishes({"size": "x", "flux": "1", "mode": "good", "rate": "y"})
    assert [problem.where for problem in refusal.value.problems] == ["--set size", "--set flux", "--set rate"]
    assert "deep, labels, mode, note, rate, size, sizes, spacing, strides" in str(refusal.value)


VALUES = [("size", True), ("size", 2.0), ("size", "2"), ("rate", None), ("sizes", 3), ("sizes", [1, "2"]), ("deep", 1),
          ("strides", [1, 1]), ("labels", "a"), ("note", 3), ("mode", ["fast"]), ("rate", float("nan"))]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), VALUES)
def test_seam_plan_with_a_value_of_another_kind_is_refused(card: Card, name: str, value: Any) -> None:
    with pytest.raises(Refused, match=name):
        card.check(Plan("tiny", "detection").decide(name, value, "by hand"))


def test_seam_plan_is_refused_with_every_mistake(card: Card) -> None:
    with pytest.raises(Refused) as refusal:
        card.check(Plan("huge", "poetry").decide("size", 99, "x").decide("flux", 1, "y"))
    assert len(refusal.value.problems) == 4
    card.check(Plan("tiny", "detection").decide("size", 9, "x").decide("sizes", [], "y"))


def test_seam_card_of_an_unknown_method_names_the_known() -> None:
    with pytest.raises(UnknownName, match="unet"):
        read_card("unett")


def test_seam_cards_are_named_like_their_methods() -> None:
    for name in METHODS.names():
        card = read_card(name)
        assert card.name == name
        assert set(card.tiny) <= set(card.options)
        assert all((card.summary, card.when, card.source, card.tasks))
        assert all(option.meaning for option in card.options.values())
        for what, value in card.tiny.items():
            card.options[what].check(value)


def test_seam_cases_having_a_truth() -> None:
    def with_truth(kind: type) -> Case:
        return Case(kind.__name__, {}, {"truth": Truth(Lazy(kind, "", kind, str))})

    cases = Cases((with_truth(LabelMap), with_truth(Boxes)), (with_truth(Boxes),))
    assert [case.id for case in cases.having(LabelMap).training] == ["LabelMap"]
    assert cases.having(LabelMap).validation == ()
