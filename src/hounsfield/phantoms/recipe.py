"""What a phantom case is made from, and the lazy values that make it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeVar, get_args

import numpy as np

from hounsfield.phantoms.streams import stream
from hounsfield.values import Lazy, refuse

T = TypeVar("T")
Null = Literal["none", "no_signal", "shuffled"]

LAW = 1  # part of every digest: raise it when a generator draws differently, so that nothing cached is mistaken
SITES = ("north", "east", "south")
# Distance to the case that lends its truth under "shuffled": beyond any set, so another patient of the same law.
_ELSEWHERE = 1_000_003


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a case.

    generator: its name, a prefix of all its streams.  difficulty: 0 easy .. 0.5 default .. 1 hard.
    null: "none"; "no_signal" (truth by the same law, nothing of it put into the inputs); "shuffled" (truth of another
    case).  images_per_patient: neighbouring numbers that share a patient.  settings: further arguments, JSON only.
    Raises Refused where an argument is outside its range.
    """

    generator: str
    seed: int
    number: int
    difficulty: float = 0.5
    null: Null = "none"
    images_per_patient: int = 1
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.null not in get_args(Null):
            raise refuse(
                self.generator, f"has no null mode {self.null!r}", f"Choose one of {', '.join(get_args(Null))}"
            )
        if not 0 <= self.difficulty <= 1:
            raise refuse(self.generator, f"cannot have difficulty {self.difficulty}", "Give a number from 0 to 1")
        if self.seed < 0 or self.number < 0:
            raise refuse(self.generator, "was given a negative seed or case number", "Give integers from 0 on")

    @property
    def id(self) -> str:
        """Name of the case."""
        return f"{self.generator}_{self.number:04d}"

    @property
    def patient_number(self) -> int:
        """Number of the patient whom the case belongs to."""
        return self.number // self.images_per_patient

    @property
    def patient(self) -> str:
        """Name of the patient."""
        return f"{self.generator}_patient_{self.patient_number:04d}"

    @property
    def site(self) -> str:
        """Name of the site that the patient was seen at."""
        return SITES[int(self.patient_stream("site").integers(len(SITES)))]

    @property
    def of_truth(self) -> Recipe:
        """The recipe that the truth is taken from: another case's under "shuffled", else this one."""
        if self.null != "shuffled":
            return self
        other = self.number + _ELSEWHERE * self.images_per_patient
        return Recipe(self.generator, self.seed, other, self.difficulty, "none", self.images_per_patient, self.settings)

    def stream(self, name: str) -> np.random.Generator:
        """The case's own stream of this name."""
        return stream(self.seed, self.number, f"{self.generator}.{name}")

    def patient_stream(self, name: str) -> np.random.Generator:
        """The stream of this name that all images of the patient share."""
        return stream(self.seed, self.patient_number, f"{self.generator}.patient.{name}")

    def knob(self, easy: float, hard: float) -> float:
        """A number that goes with the difficulty, linear from `easy` at 0 to `hard` at 1."""
        return easy + (hard - easy) * self.difficulty

    def digest(self, role: str) -> str:
        """Identity of one of the case's values: a hash of all that decides it."""
        said = [LAW, self.generator, self.seed, self.number, self.difficulty, self.null, dict(self.settings), role]
        return hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def lazy(self, kind: type[T], role: str, make: Callable[[Recipe], T]) -> Lazy[T]:
        """The value of this role, made when it is asked for."""
        return Lazy(kind, f"phantom {self.id}, {role}", lambda: make(self), lambda: self.digest(role))
