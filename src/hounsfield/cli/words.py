"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    from hounsfield.verbs.given import Given

F = TypeVar("F", bound=Callable[..., Any])

as_json = click.option("--json", "as_json", is_flag=True, help="Print plain JSON.")


def opening(function: F) -> F:
    """How a folder is opened."""
    for option in reversed(
        [
            click.option("--layout", help="The folder convention, where it is not found by itself."),
            click.option("--columns", help="Names of a headerless table's columns: a,b,c."),
            click.option("--target", help="The column to learn: COLUMN or 'COLUMN>VALUE'."),
            click.option("--ignore", multiple=True, help="A column that is no input; may be repeated."),
        ]
    ):
        function = option(function)
    return function


def asking(function: F) -> F:
    """What decides a plan."""
    for option in reversed(
        [
            click.option("--minutes", type=float, help="How long training may take in all."),
            click.option("--steps", type=int, help="Count steps instead of minutes."),
            click.option("--task", help="What to do; found from the folder where not given."),
            click.option("--method", help="How to do it; the task's default where not given."),
            click.option(
                "--set", "wishes", multiple=True, metavar="KEY=VALUE", help="Decide something about the method."
            ),
            click.option("--split", help="A CSV file `case,part` with training, validation, test."),
            click.option("--seed", type=int, default=0, show_default=True, help="Everything random is drawn from it."),
            click.option("--derive", metavar="NAME", help="Derive the task's cases from other data."),
            click.option("--allow-bad", type=int, help="How many bad cases may be left out."),
        ]
    ):
        function = option(function)
    return opening(function)


def asked(data: str, words: dict[str, Any], *, given: Given | None = None) -> dict[str, Any]:
    """The options as the verbs take them. Raises UsageError, UnknownName or Refused where they can not be meant.

    given: what a person decides besides by a plan of their own.
    """
    from hounsfield.verbs.beforehand import check_question
    from hounsfield.verbs.question import Question

    wishes = wished(words.pop("wishes", ()))
    options = {**words, **opened_by(words), "wishes": wishes}
    question = Question(data, **options)
    check_question(question if given is None else given.narrowed(question))
    return options


def wished(words: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """KEY=VALUE words as (key, value). Raises UsageError for one without a value."""
    wishes = []
    for word in words:
        key, equals, value = word.partition("=")
        if not equals:
            raise click.UsageError(f"--set {word} has no value; write --set {word}=VALUE.")
        wishes.append((key.strip(), value.strip()))
    return tuple(wishes)


def opened_by(words: dict[str, Any]) -> dict[str, Any]:
    """The opening options as the verbs take them."""
    columns = words.pop("columns", None)
    return {
        "layout": words.pop("layout", None),
        "columns": tuple(columns.split(",")) if columns else (),
        "target": words.pop("target", None),
        "ignore": tuple(words.pop("ignore", ())),
    }
