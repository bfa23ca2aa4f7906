"""Cases and the folders they come from."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, Generic, TypeVar

from hounsfield.values.answers import Answer
from hounsfield.values.image import Image
from hounsfield.values.problem import Problem
from hounsfield.values.wording import count

T = TypeVar("T")

AND = "+"  # between the patients of a case that is of several, where they are told in one word


@dataclass(frozen=True)
class Lazy(Generic[T]):
    """A value that is read when it is asked for.

    kind: the type that `load` gives, known without reading.  where: what an error names, for people: never a path to
    open.  files: where they lie on disk, for checks of what `load` leaves out, such as headers; none where there are no
    such.
    digest: identity of the content in hexadecimal, without times or paths.  stored: of a label file, its numbers as an
    image on the grid and in the type that the file itself has, which `load` may refuse; None where there is no such.
    """

    kind: type[T]
    where: str
    load: Callable[[], T]
    digest: Callable[[], str]
    stored: Callable[[], Image] | None = None
    files: tuple[Path, ...] = ()

    def __repr__(self) -> str:
        return f"Lazy({self.kind.__name__} of {self.where})"


@dataclass(frozen=True)
class Truth:
    """What is known of a case: an answer (lazily), the role of the input it lies on, and who said so."""

    answer: Lazy[Any]
    of: str = "image"
    rater: str | None = None


@dataclass(frozen=True)
class Case:
    """One case: inputs by role, truths by name, covariates, and to whom and where it belongs.

    inputs: role -> lazy value (any noun, a stage's answer included).  truths: name -> Truth.
    covariates: name -> number, word, or None for "not known".  split: training | validation | test | None.
    patient: whose case it is, in one word; the case's own id where nobody said it.
    several: the names of all whose case it is, of one that is of several, such as a pair.  template: the one of them
    that many cases are compared with on purpose, which does not keep those together.
    """

    id: str
    inputs: Mapping[str, Lazy[Any]]
    truths: Mapping[str, Truth] = field(default_factory=dict)
    covariates: Mapping[str, float | str | None] = field(default_factory=dict)
    patient: str = ""
    site: str = ""
    split: str | None = None
    several: tuple[str, ...] = ()
    template: str = ""

    def __post_init__(self) -> None:
        if not self.patient:
            object.__setattr__(self, "patient", self.id)

    @property
    def patients(self) -> tuple[str, ...]:
        """Whose case it is, by name; nobody where it only stands for itself."""
        return () if self.patient == self.id else self.several or (self.patient,)

    @property
    def bonds(self) -> tuple[str, ...]:
        """The names by which it is kept together with other cases: those that share one go into the same part."""
        return tuple(name for name in self.several if name != self.template) or (self.patient,)

    def renamed(self, name: str) -> Case:
        """The same case under another id; one that stands for itself still does."""
        return replace(self, id=name, patient=name if self.patient == self.id else self.patient)

    def truth(self, kind: type[T], of: str | None = None) -> T | None:
        """The first truth of this kind (and of this role, where named), read now; None where there is none."""
        for truth in self.truths.values():
            if issubclass(truth.answer.kind, kind) and of in (None, truth.of):
                return truth.answer.load()
        return None

    def has_truth(self, kind: type) -> bool:
        """Whether a truth of this kind was given; nothing is read."""
        return any(issubclass(truth.answer.kind, kind) for truth in self.truths.values())

    def digest_of_inputs(self) -> str:
        """Identity of what a model looks at, whatever the roles are called; hexadecimal.

        The contents of the inputs; of a case without inputs, its covariates.
        """
        said = sorted(value.digest() for value in self.inputs.values()) or dict(self.covariates)
        return sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()

    def digest(self) -> str:
        """Identity of everything this case says, truths included; hexadecimal."""
        truths = {name: (truth.of, truth.answer.digest()) for name, truth in self.truths.items()}
        inputs = {role: value.digest() for role, value in self.inputs.items()}
        return sha256(json.dumps([inputs, truths, dict(self.covariates)], sort_keys=True).encode()).hexdigest()

    def __repr__(self) -> str:
        return f"Case({self.id}: {', '.join(self.inputs) or 'no inputs'} -> {', '.join(self.truths) or 'no truth'})"


@dataclass(frozen=True)
class SetAside:
    """What a layout saw in the files and did not hand on, so that an audit can tell of it.

    column: its name.  where: the file.  why: continues the name ("is known only afterwards").  value: the number that
    stood for "not known" in `cases`; None where the whole column was left out.
    """

    column: str
    where: str
    why: str
    value: float | None = None
    cases: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """A way in which a folder can be read: the layout, how sure it is (0 to 1) and why, the task it would be for."""

    layout: str
    sure: float
    why: str
    task: str = ""


@dataclass(frozen=True)
class Dataset:
    """The cases of a folder, and what the folder said of itself.

    layout: the folder convention that read it, and `why` it was taken; `readings` are all that fit, the surest first.
    task: what it seems to be for, with `task_why`.  labels: value -> name for label maps, classes for diagnoses and
    boxes.
    problems: what could not be read.  unclaimed: files that no case uses.  set_aside: what was read and not handed on.
    notes: what a person should know of the folder and need not mend.
    """

    where: str
    cases: tuple[Case, ...]
    layout: str = ""
    why: str = ""
    task: str = ""
    task_why: str = ""
    problems: tuple[Problem, ...] = ()
    unclaimed: tuple[str, ...] = ()
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()

    def __len__(self) -> int:
        return len(self.cases)

    def __iter__(self) -> Iterator[Case]:
        return iter(self.cases)

    def __getitem__(self, key: int | str) -> Case:
        if isinstance(key, int):
            return self.cases[key]
        for case in self.cases:
            if case.id == key:
                return case
        raise KeyError(f"{self.where} has no case {key!r}")

    def only(self, part: str) -> tuple[Case, ...]:
        """The cases of one part of the split: training, validation or test."""
        return tuple(case for case in self.cases if case.split == part)

    def with_cases(self, cases: Sequence[Case]) -> Dataset:
        """The same data set with other cases."""
        return replace(self, cases=tuple(cases))

    def __repr__(self) -> str:
        what = f"{self.layout or 'no layout'}, for {self.task or 'no task'}"
        return f"Dataset({count(len(self), 'case')}, {what}, {self.where})"


@dataclass(frozen=True)
class Findings:
    """What a model says of a case.

    main: the answer to the question.  parts: further named answers (a tissue map beside a diagnosis).
    confidence: item -> probability of being right, where it is known.  alarms: sentences.
    """

    main: Answer
    parts: Mapping[str, Answer] = field(default_factory=dict)
    confidence: Mapping[str, float] = field(default_factory=dict)
    alarms: tuple[str, ...] = ()
