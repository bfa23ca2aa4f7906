"""The nouns of the house: frozen values, numpy at most, no files.

Each is imported when it is first asked for: who only refuses something needs no arrays.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hounsfield.values.answers import (
        Answer,
        Boxes,
        Code,
        Diagnosis,
        LabelMap,
        Points,
        Quantities,
        Timeline,
        Transform,
    )
    from hounsfield.values.case import Case, Dataset, Findings, Lazy, Reading, SetAside, Truth
    from hounsfield.values.equality import ArrayValue, equal
    from hounsfield.values.evidence import Dense
    from hounsfield.values.facts import Facts, Sketch
    from hounsfield.values.fault import Fault
    from hounsfield.values.grid import Grid
    from hounsfield.values.image import ArraySource, Image, MemorySource, Series, Words
    from hounsfield.values.plan import Budget, Decision, Limits, MiB, Plan, Rehearsal, Setting
    from hounsfield.values.problem import Problem, Refused, refuse
    from hounsfield.values.scores import Interval, Row, Scores
    from hounsfield.values.state import Part, Source, State

_IN = {
    "answers": ("Answer", "Boxes", "Code", "Diagnosis", "LabelMap", "Points", "Quantities", "Timeline", "Transform"),
    "case": ("Case", "Dataset", "Findings", "Lazy", "Reading", "SetAside", "Truth"),
    "equality": ("ArrayValue", "equal"),
    "evidence": ("Dense",),
    "facts": ("Facts", "Sketch"),
    "fault": ("Fault",),
    "grid": ("Grid",),
    "image": ("ArraySource", "Image", "MemorySource", "Series", "Words"),
    "plan": ("Budget", "Decision", "Limits", "MiB", "Plan", "Rehearsal", "Setting"),
    "problem": ("Problem", "Refused", "refuse"),
    "scores": ("Interval", "Row", "Scores"),
    "state": ("Part", "Source", "State"),
}
_MODULES = {name: module for module, names in _IN.items() for name in names}

__all__ = [
    "Answer", "ArraySource", "ArrayValue", "Boxes", "Budget", "Case", "Code", "Dataset", "Decision", "Dense",
    "Diagnosis", "Facts", "Fault", "Findings", "Grid", "Image", "Interval", "LabelMap", "Lazy", "Limits",
    "MemorySource", "MiB", "Part", "Plan", "Points", "Problem", "Quantities", "Reading", "Refused", "Rehearsal", "Row",
    "Scores", "Series", "SetAside", "Setting", "Sketch", "Source", "State", "Timeline", "Transform", "Truth", "Words",
    "equal", "refuse",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"hounsfield.values has no {name!r}; it has {', '.join(sorted(_MODULES))}")
    return getattr(import_module(f"hounsfield.values.{_MODULES[name]}"), name)
