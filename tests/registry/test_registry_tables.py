"""Tables of names: what is unknown is said with what is known, and what is named is there."""

from __future__ import annotations

import json
from importlib.metadata import EntryPoint

import pytest

from hounsfield.registry import table, tables
from hounsfield.registry.sentences import MISSING, sentence_of
from hounsfield.registry.table import Table, UnknownName

ALL = [tables.TASKS, tables.METHODS, tables.LAYOUTS, tables.POINTS, tables.CHECKS, tables.ENGINES]


@pytest.mark.parametrize("one", ALL, ids=lambda t: t.kind)
def test_registry_loads_every_name(one: Table) -> None:
    for name in one.names():
        assert one.load(name) is not None


@pytest.mark.parametrize("one", ALL, ids=lambda t: t.kind)
def test_registry_refuses_an_unknown_name_with_the_known(one: Table) -> None:
    with pytest.raises(UnknownName) as error:
        one.load("flux")
    assert all(name in str(error.value) for name in (*one.names(), one.kind, "'flux'"))


def test_registry_guesses_what_was_meant() -> None:
    with pytest.raises(UnknownName, match="Did you mean 'segmentation'"):
        tables.TASKS.target("segmentaton")
    with pytest.raises(UnknownName) as error:
        tables.TASKS.target("zzz")
    assert "Did you mean" not in str(error.value)


def test_registry_takes_names_of_others_but_not_in_place_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    def points(group: str) -> list[EntryPoint]:
        assert group == "g"
        return [EntryPoint("theirs", "json:dumps", "g"), EntryPoint("ours", "json:loads", "g")]

    monkeypatch.setattr(table, "entry_points", points)
    known = Table("thing", {"ours": "json:JSONDecoder"}, "g")
    assert known.names() == ("ours", "theirs")
    assert known.target("ours") == "json:JSONDecoder"
    assert known.load("theirs")([1]) == "[1]"


def test_registry_tables_that_are_closed_ask_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "entry_points", lambda group: pytest.fail("asked"))
    assert Table("thing", {"a": "json:dumps"}).names() == ("a",)


def test_registry_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    known = Table("thing", {"gone": "package_that_is_not_here.module:THING", "decoder": "json.decoder:JSONDecoder"})
    assert sentence_of(known, "gone") == MISSING
    assert sentence_of(known, "decoder") == json.decoder.__doc__.splitlines()[0]
    with pytest.raises(UnknownName):
        sentence_of(known, "flux")
