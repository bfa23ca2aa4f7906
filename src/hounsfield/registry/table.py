"""A table of names and where each thing is found; a third party adds to it through entry points."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any


def nearest(name: str, known: Sequence[str]) -> str:
    """The question whether the most similar name was meant, with a space behind; empty where none is similar."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"Did you mean {near[0]!r}? " if near else ""


class UnknownName(LookupError):  # noqa: N818 - it is what a person asked for, not an error of ours
    """A name that a table does not have; the message names the known ones and the nearest."""

    def __init__(self, kind: str, name: str, known: tuple[str, ...]) -> None:
        super().__init__(f"There is no {kind} {name!r}. {nearest(name, known)}Known: {', '.join(known)}.")


@dataclass(frozen=True)
class Table:
    """Names of one kind, each with its target `module:attribute`.

    kind: the singular word, for messages.  group: entry-point group for third parties, or "" for a closed table.
    """

    kind: str
    own: Mapping[str, str]
    group: str = ""

    @cached_property
    def targets(self) -> Mapping[str, str]:
        """Every name with its target; our own names can not be taken by others."""
        others = {point.name: point.value for point in entry_points(group=self.group)} if self.group else {}
        return {**others, **self.own}

    def names(self) -> tuple[str, ...]:
        """All names, sorted."""
        return tuple(sorted(self.targets))

    def target(self, name: str) -> str:
        """Where the thing of this name is. Raises UnknownName."""
        if name not in self.targets:
            raise UnknownName(self.kind, name, self.names())
        return self.targets[name]

    def load(self, name: str) -> Any:
        """The thing itself, imported now. Raises UnknownName."""
        module, _, attribute = self.target(name).partition(":")
        return getattr(import_module(module), attribute)
