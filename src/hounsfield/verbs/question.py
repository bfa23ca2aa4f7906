"""What a person asks of `plan` and `train`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hounsfield.values import Budget, refuse

if TYPE_CHECKING:
    from hounsfield.seam import Method
    from hounsfield.values import Dataset

Wishes = Mapping[str, Any] | Sequence[tuple[str, Any]]


@dataclass(frozen=True)
class Question:
    """Everything that decides what is learnt from which cases. Raises Refused for numbers that make no sense.

    data: a folder, or a data set opened before.  wishes: options of the method, as a mapping or as pairs; values as
    they are (`{"patch": [32, 32, 32]}`) or in the words of the command line ("32,32,32").  minutes: of training, all
    in all.  steps: counted instead, so one of the two.  allow_bad: how many cases may be unreadable; a twentieth
    where not given.
    """

    data: str | Dataset
    task: str | None = None
    method: str | None = None
    wishes: Wishes = ()
    split: str | Path | None = None
    seed: int = 0
    minutes: float | None = None
    steps: int | None = None
    derive: str | None = None
    target: str | None = None
    ignore: Sequence[str] = ()
    columns: Sequence[str] = ()
    layout: str | None = None
    allow_bad: int | None = None

    def __post_init__(self) -> None:
        pairs = self.wishes.items() if isinstance(self.wishes, Mapping) else self.wishes
        object.__setattr__(self, "wishes", tuple((name, as_word(value)) for name, value in pairs))
        if self.minutes is not None and not 0 < self.minutes < math.inf:
            raise refuse("--minutes", f"is {self.minutes:g}", "Give a time above zero.")
        if self.minutes is not None and self.steps is not None:
            raise refuse("--minutes", "is given together with --steps, which counts instead", "Give one of the two.")
        for name, least in (("steps", 1), ("seed", 0), ("allow_bad", 0)):
            value = getattr(self, name)
            if value is not None and value < least:
                raise refuse(f"--{name.replace('_', '-')}", f"is {value}", f"Give {least} or more.")

    @property
    def words(self) -> dict[str, str]:
        """The wishes, option -> word."""
        return dict(self.wishes)

    @property
    def budget(self) -> Budget:
        """What may be spent."""
        from hounsfield.planning.device import devices  # torch: not for those who only ask

        return Budget(seconds=None if self.minutes is None else 60 * self.minutes, devices=devices())

    def wishes_for(self, method: Method) -> dict[str, Any]:
        """Values of the wishes. Raises Refused for those that the method does not know."""
        wishes = method.card.wishes(self.words)
        if self.steps is not None and "steps" in method.card.options:
            wishes["steps"] = self.steps
        return wishes

    def asked(self) -> dict[str, str]:
        """Option -> value in words, of all that was given and that an interrupted run has to agree with.

        Neither where the data lies nor how many bad cases are allowed: the cases themselves are compared.
        """
        given = {name: value for name, value in vars(self).items() if name not in ("data", "wishes", "allow_bad")}
        given |= {"set": " --set ".join(f"{name}={word}" for name, word in sorted(self.words.items()))}
        return {f"--{name}": as_word(value) for name, value in given.items() if value not in (None, "", (), [])}


def as_word(value: Any) -> str:
    """A value in the words of the command line: yes, 0.5, 32,32,32 or 1,1;2,2."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (list, tuple)):
        has_rows = any(isinstance(part, (list, tuple)) for part in value)
        return (";" if has_rows else ",").join(map(as_word, value))
    return str(value)
