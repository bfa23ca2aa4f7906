"""What a model has seen: which inputs, and which patients."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from hounsfield.values import Case


@dataclass(frozen=True)
class Seen:
    """The cases that a model was trained on or chosen by, known by what was looked at and by whose they are.

    training, validation: digest of the inputs -> case id.  training_patients, validation_patients: digests of the
    names of those patients who have one; the names themselves are not kept.
    """

    training: Mapping[str, str] = field(default_factory=dict)
    validation: Mapping[str, str] = field(default_factory=dict)
    training_patients: frozenset[str] = frozenset()
    validation_patients: frozenset[str] = frozenset()

    @staticmethod
    def of_cases(training: Iterable[Case], validation: Iterable[Case]) -> Seen:
        """What a model sees that is trained on some cases and chosen by others."""
        learnt, chosen_by = tuple(training), tuple(validation)
        return Seen(_inputs(learnt), _inputs(chosen_by), _patients(learnt), _patients(chosen_by))

    def of(self, digest: str, patients: Iterable[str] = ()) -> str:
        """ "training", "validation" or "no" for a case with these inputs, or with others of these patients."""
        who = _digests(patients)
        if digest in self.training or who & self.training_patients:
            return "training"
        return "validation" if digest in self.validation or who & self.validation_patients else "no"

    def and_also(self, other: Seen) -> Seen:
        """What either has seen; what one was trained on counts as trained on."""
        training = {**other.training, **self.training}
        validation = {**other.validation, **self.validation}
        patients = self.training_patients | other.training_patients
        return Seen(
            training,
            {digest: case for digest, case in validation.items() if digest not in training},
            patients,
            (self.validation_patients | other.validation_patients) - patients,
        )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `from_json` gives an equal value back."""
        return {name: dict(v) if isinstance(v, Mapping) else sorted(v) for name, v in vars(self).items()}

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Seen:
        """What `to_json` wrote. Raises ValueError, TypeError or AttributeError where the form is another."""
        if data.keys() != Seen.__dataclass_fields__.keys():
            raise ValueError(f"what it has seen is told by {', '.join(data)}")
        cases = [data[part] for part in ("training", "validation")]
        patients = [data[part] for part in ("training_patients", "validation_patients")]
        words = [word for part in cases for pair in part.items() for word in pair]
        words += [word for part in patients for word in part]
        if not all(isinstance(word, str) for word in words) or not all(isinstance(part, list) for part in patients):
            raise TypeError("what it has seen is told by other things than words")
        return Seen(cases[0], cases[1], frozenset(patients[0]), frozenset(patients[1]))


def _inputs(cases: Iterable[Case]) -> dict[str, str]:
    return {case.digest_of_inputs(): case.id for case in cases}


def _patients(cases: Iterable[Case]) -> frozenset[str]:
    return _digests(name for case in cases for name in case.patients)


def _digests(names: Iterable[str]) -> frozenset[str]:
    """Digests of patients' names, in hexadecimal. Who guesses a name can check it: this hides, and keeps no secret."""
    return frozenset(sha256(f"patient {name}".encode()).hexdigest() for name in names)
