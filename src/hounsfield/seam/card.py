"""A method's card: what it is for, where it comes from, what may be wished; data beside the method, never code."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hounsfield.registry.cards import card_path
from hounsfield.values import Plan, Problem, Refused

Kind = Literal["integer", "number", "integers", "numbers", "choice", "flag", "text", "words", "table"]

TRUE, FALSE = ("true", "yes", "on", "1"), ("false", "no", "off", "0")


@dataclass(frozen=True)
class Option:
    """One thing about a method that a person may decide: `--set NAME=VALUE`."""

    name: str
    kind: Kind
    meaning: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()

    def parse(self, word: str) -> Any:
        """The value that a word from the command line says. Raises ValueError with the reason."""
        try:
            match self.kind:
                case "integer":
                    value: Any = int(word)
                case "number":
                    value = float(word)
                case "integers":
                    value = [int(part) for part in word.replace("x", ",").split(",")]
                case "numbers":
                    value = [float(part) for part in word.replace("x", ",").split(",")]
                case "words":
                    value = word.split(",")
                case "table":
                    value = [[int(part) for part in row.split(",")] for row in word.split(";")]
                case "flag":
                    if word.lower() not in TRUE + FALSE:
                        raise ValueError
                    value = word.lower() in TRUE
                case _:
                    value = word
        except ValueError:
            raise ValueError(f"{self.name} takes {self.expectation()}, not {word!r}") from None
        self.check(value)
        return value

    def check(self, value: Any) -> None:
        """Raises ValueError where a value is not of this option's kind and range."""
        parts = value if self.kind in ("integers", "numbers", "words", "table") else [value]
        if not isinstance(parts, (list, tuple)) or not all(self._fits(part) for part in parts):
            raise ValueError(f"{self.name} takes {self.expectation()}, not {value!r}")

    def _fits(self, value: Any) -> bool:
        match self.kind:
            case "flag":
                return isinstance(value, bool)
            case "choice":
                return value in self.choices
            case "text" | "words":
                return isinstance(value, str)
            case "table":
                return isinstance(value, list) and all(isinstance(number, int) for number in value)
            case "integer" | "integers":
                if not isinstance(value, int) or isinstance(value, bool):
                    return False
            case _:
                if not isinstance(value, (int, float)) or isinstance(value, bool) or value != value:
                    return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def expectation(self) -> str:
        """In words, what the option takes."""
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        words = {"integer": "a whole number", "number": "a number", "integers": "whole numbers as 8,8,8",
                 "numbers": "numbers as 1,1,3", "flag": "yes or no", "text": "a word",
                 "words": "words as a,b", "table": "rows of whole numbers as 1,1;2,2"}[self.kind]  # fmt: skip
        bounds = [f"at least {self.low:g}"] if self.low is not None else []
        bounds += [f"at most {self.high:g}"] if self.high is not None else []
        return words + (f" ({', '.join(bounds)})" if bounds else "")


@dataclass(frozen=True)
class Card:
    """What a method is: name, tasks, one sentence, when to use it, its source, its options.

    seeded: another seed gives another model.  has_state: it learns something.  trains: it repeats steps.
    """

    name: str
    tasks: tuple[str, ...]
    summary: str
    when: str
    source: str
    licence: str = "Apache-2.0"
    seeded: bool = True
    has_state: bool = True
    options: Mapping[str, Option] = field(default_factory=dict)
    tiny: Mapping[str, Any] = field(default_factory=dict)

    def wishes(self, words: Mapping[str, str]) -> dict[str, Any]:
        """The values that `--set` words say. Raises Refused with every mistake at once."""
        values: dict[str, Any] = {}
        problems = []
        for name, word in words.items():
            if name not in self.options:
                problems.append(self._unknown(f"--set {name}"))
                continue
            try:
                values[name] = self.options[name].parse(word)
            except ValueError as error:
                problems.append(Problem(f"--set {name}", str(error), "Give it another value."))
        if problems:
            raise Refused(problems)
        return values

    def check(self, plan: Plan) -> None:
        """Raises Refused where a plan, perhaps edited by hand, decides what the method can not obey."""
        problems = []
        if plan.method != self.name:
            problems.append(Problem("plan", f"is for the method {plan.method!r}", f"It is not for {self.name}."))
        if plan.task not in self.tasks:
            problems.append(Problem("plan", f"is for {plan.task!r}", f"{self.name} does {', '.join(self.tasks)}."))
        for decision in plan.decisions:
            if decision.what not in self.options:
                problems.append(self._unknown(f"plan: {decision.what}"))
                continue
            try:
                self.options[decision.what].check(decision.value)
            except ValueError as error:
                problems.append(Problem(f"plan: {decision.what}", str(error), "Mend that line of the plan."))
        if problems:
            raise Refused(problems)

    def _unknown(self, where: str) -> Problem:
        known = ", ".join(sorted(self.options)) or "none"
        return Problem(where, f"is no option of the method {self.name}", f"Its options: {known}.")


def card_from(path: Path) -> Card:
    """The card that a card.toml holds."""
    data = tomllib.loads(path.read_text(encoding="utf-8"))
    options = {
        name: Option(name, choices=tuple(entry.pop("choices", ())), **entry)
        for name, entry in data.pop("options", {}).items()
    }
    return Card(tasks=tuple(data.pop("tasks")), options=options, **data)


def read_card(method: str) -> Card:
    """The card of a method by name, found beside it and read without importing it. Raises UnknownName."""
    path = card_path(method)
    if path is None:
        raise Refused(Problem(f"method {method}", "the package that brings it is not installed", "Install it again."))
    return card_from(path)
