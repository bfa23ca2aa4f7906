"""The nouns of the house: frozen values, numpy at most, no files."""

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

__all__ = [
    "Answer", "ArraySource", "ArrayValue", "Boxes", "Budget", "Case", "Code", "Dataset", "Decision", "Dense",
    "Diagnosis", "Facts", "Fault", "Findings", "Grid", "Image", "Interval", "LabelMap", "Lazy", "Limits",
    "MemorySource", "MiB", "Part", "Plan", "Points", "Problem", "Quantities", "Reading", "Refused", "Rehearsal", "Row",
    "Scores", "Series", "SetAside", "Setting", "Sketch", "Source", "State", "Timeline", "Transform", "Truth", "Words",
    "equal", "refuse",
]  # fmt: skip
