"""What a person finds on the page."""

import base64
import re
from dataclasses import replace

import pytest
from parsed_page import Page
from report_contents import HOSTILE, content, scores

from hounsfield.reports.page import Content, page
from hounsfield.reports.results import result_of
from hounsfield.values import Interval, Scores


@pytest.fixture(scope="module")
def full() -> Page:
    return Page(page(content()))


def test_the_result_comes_first_then_the_worst_cases_then_how_it_came_about(full: Page) -> None:
    sections = [attributes["id"] for tag, attributes in full.elements if tag == "section"]
    assert sections == ["problems", "result", "cases", "training", "plan", "data", "how"]


def test_nothing_is_fetched_and_nothing_runs(full: Page) -> None:
    for tag, attributes in full.elements:
        assert tag not in {"script", "link", "iframe", "object", "base", "form"}
        assert not any(name.startswith("on") for name in attributes)
        for name in ("src", "href", "xlink:href", "srcset", "action"):
            assert (attributes.get(name) or "data:").startswith("data:")
    html = page(content())
    assert "url(" not in html
    assert "@import" not in html


def test_what_files_say_is_text_and_never_markup(full: Page) -> None:
    images = [attributes for tag, attributes in full.elements if tag == "img"]
    assert len(images) == 2  # the two pictures; the hostile names made none
    assert full.text.count(HOSTILE) >= 6


def test_every_picture_has_words_for_those_who_do_not_see_it(full: Page) -> None:
    for tag, attributes in full.elements:
        if tag == "img":
            assert len(attributes["alt"] or "") > 10
            assert base64.b64decode((attributes["src"] or "").partition(",")[2]).startswith(b"\x89PNG")
        if tag == "svg":
            assert attributes["aria-label"]


def test_the_sentence_says_the_value_its_interval_and_how_many_patients(full: Page) -> None:
    sentence = "Dice over 12 cases of 6 patients: anterior 0.855 (95 % interval 0.840 to 0.870)"
    assert sentence in full.text
    assert "Higher is better." in full.text


def test_the_undefined_and_the_unknown_are_said(full: Page) -> None:
    assert "cyst undefined" in full.text
    assert "Confidence in single answers: unknown" in full.text
    assert "12, 12 undefined" in full.text


def test_each_metric_is_explained(full: Page) -> None:
    assert "twice the shared part over the sum of both" in full.text
    assert "95 % Hausdorff distance (mm)" in full.text
    assert "9.8 to 15.2" in full.text


def test_decisions_carry_their_reasons_those_of_stages_too(full: Page) -> None:
    for words in ("40, 56, 40", "left and right differ", "stage two: gru for diagnosis", "hidden size", "few series"):
        assert words in full.text
    assert re.search(r"mirror\s*no", full.text)
    assert "x" * 400 not in full.text  # the plan file has it whole


def test_the_command_can_be_copied_whole(full: Page) -> None:
    assert content().command in full.text


def test_two_curves_are_drawn_and_a_decision_in_the_log_is_none(full: Page) -> None:
    charts = [attributes["aria-label"] for tag, attributes in full.elements if tag == "svg"]
    assert charts == ["Dice with 95 % intervals", "Loss over steps", "Validation score over steps"]


def test_cases_are_listed_the_worst_first() -> None:
    names = [case for case, _, _ in result_of(scores()).cases]
    assert names == sorted(names)  # made so that case_00 is the worst
    lower = replace(scores(), better={"dice": "lower", "hd95": "lower"})
    assert next(iter(result_of(lower).cases))[0] == "case_11"


def test_of_many_structures_the_worst_are_on_top_and_the_rest_in_the_table() -> None:
    items = {f"structure {n:03d}": Interval(1 - n / 200, 0.1, 0.9, 5) for n in range(117)}
    result = result_of(Scores({"dice": items}, {}, "dice", {"dice": "higher"}))
    assert [card.item for card in result.cards] == [f"structure {n:03d}" for n in range(116, 110, -1)]
    assert len(result.metrics[0].rows) == 117
    assert len(result.chart) < 20_000


def test_a_page_without_anything_still_says_so() -> None:
    bare = Page(page(Content(title="Nothing", summary="Nothing was held out.", command="hounsfield train x")))
    assert "There are no scores" in bare.text
    assert [attributes["id"] for tag, attributes in bare.elements if tag == "section"] == ["result", "how"]


def test_a_metric_of_a_third_party_is_shown_by_its_own_name() -> None:
    found = Scores({"my_score": {"all": Interval(0.5)}}, {}, "my_score", {"my_score": "higher"})
    text = Page(page(Content(title="x", summary="y", command="z", scores=found))).text
    assert "my score over 0 cases of 0 patients: all 0.500" in text


def test_the_same_content_gives_the_same_page() -> None:
    assert page(content()) == page(content())


def test_nothing_from_a_file_turns_the_direction_of_a_report() -> None:
    forged = "red\u202eevil\u2066\x1b[2J"
    html = page(replace(content(), title=forged, problems=(forged,), data=[(forged, forged)], notes=(forged,)))
    assert not {"\u202e", "\u2066", "\x1b"} & set(html)
    assert html.count(r"red\u202eevil\u2066\x1b[2J") >= 5
