"""What is going to be done, decided beforehand, each decision with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hounsfield.values.problem import refuse
from hounsfield.values.wording import count

MiB = 2**20


def as_json_value(value: Any) -> Any:
    """The value as JSON gives it back: tuples are lists, numbers are Python's own."""
    if isinstance(value, (list, tuple)):
        return [as_json_value(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): as_json_value(item) for key, item in value.items()}
    if hasattr(value, "item"):
        return value.item()
    return value


@dataclass(frozen=True)
class Decision:
    """One thing decided: what, the value (as JSON has it), and why."""

    what: str
    value: Any
    why: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "value", as_json_value(self.value))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of the decision."""
        return {"what": self.what, "value": self.value, "why": self.why}


@dataclass(frozen=True)
class Rehearsal:
    """What a few real steps showed: seconds and bytes, scaled to all cases.

    seconds_to_prepare: before the first step.  seconds_to_validate: one look at the validation cases.
    bytes: of memory, at the peak.  disk: bytes while training.
    """

    seconds_per_step: float
    seconds_to_prepare: float
    seconds_to_validate: float
    bytes: int
    disk: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of the rehearsal."""
        return dict(vars(self))


@dataclass(frozen=True)
class Plan:
    """A method, a task, and every decision with its reason; `parts` are the plans of stages and members."""

    method: str
    task: str
    decisions: tuple[Decision, ...] = ()
    parts: Mapping[str, Plan] = field(default_factory=dict)

    def __getitem__(self, what: str) -> Any:
        for decision in self.decisions:
            if decision.what == what:
                return decision.value
        raise refuse(f"plan of {self.method}", f"decides nothing about {what!r}", "Make it anew, or add that line.")

    def __contains__(self, what: str) -> bool:
        return any(decision.what == what for decision in self.decisions)

    def get(self, what: str, default: Any = None) -> Any:
        """The value decided, or the default where nothing was."""
        return next((d.value for d in self.decisions if d.what == what), default)

    def decide(self, what: str, value: Any, why: str) -> Plan:
        """The same plan with this decision, in the place of an earlier one about the same thing."""
        decision = Decision(what, value, why)
        if what in self:
            kept = tuple(decision if old.what == what else old for old in self.decisions)
            return replace(self, decisions=kept)
        return replace(self, decisions=(*self.decisions, decision))

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of the plan; `from_json` gives an equal plan back."""
        return {
            "method": self.method,
            "task": self.task,
            "decisions": [decision.to_json() for decision in self.decisions],
            "parts": {name: part.to_json() for name, part in self.parts.items()},
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Plan:
        """The plan that was written by `to_json`. Raises KeyError or TypeError where the form is another."""
        decisions = tuple(Decision(d["what"], d["value"], d["why"]) for d in data["decisions"])
        parts = {name: Plan.from_json(part) for name, part in data["parts"].items()}
        return Plan(data["method"], data["task"], decisions, parts)

    def __repr__(self) -> str:
        return f"Plan({self.method} for {self.task}, {count(len(self.decisions), 'decision')})"


@dataclass(frozen=True)
class Budget:
    """What may be spent: seconds of training, bytes of memory and disk, devices; None says "as much as there is"."""

    seconds: float | None = None
    ram: int | None = None
    disk: int | None = None
    devices: tuple[str, ...] = ("cpu",)


@dataclass(frozen=True)
class Limits:
    """What an answer may take: bytes of memory."""

    max_ram: int = 4096 * MiB


@dataclass(frozen=True)
class Setting:
    """Where a trained model runs."""

    device: str = "cpu"
    engine: str = "torch"
    threads: int | None = None
