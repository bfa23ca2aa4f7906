"""Diagnosis: classes with probabilities, told from images, series or a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from hashlib import sha256
from pathlib import Path

import numpy as np

from hounsfield.answers.writing import aside
from hounsfield.evaluation.diagnosis import AUC, AVERAGE_PRECISION_DIAGNOSIS, BALANCED_ACCURACY, BRIER, ECE
from hounsfield.figures.diagnosis import diagnosis_figure
from hounsfield.figures.picture import Picture
from hounsfield.figures.series import series_figure
from hounsfield.formats.json_values import read_value, write_value
from hounsfield.tasks.task import Task
from hounsfield.values import (
    Case,
    Dataset,
    Decision,
    Diagnosis,
    Facts,
    Findings,
    Image,
    LabelMap,
    Lazy,
    Series,
    Truth,
    refuse,
)

FEW_SERIES = 200  # below this many series, trees on summaries are surer than a recurrent network


def combine(evidences: Sequence[object]) -> Findings:
    """The mean of the members' probabilities; what alarmed a member is said once."""
    members = [evidence for evidence in evidences if isinstance(evidence, Findings)]
    said = [_diagnosis(member) for member in members]
    first = said[0]
    for other in said[1:]:
        if set(other.classes) != set(first.classes):
            what = f"tell {', '.join(first.classes)} and {', '.join(other.classes)}"
            raise refuse("the members of the ensemble", what, "Join models that tell the same classes.")
    mean = {name: float(np.mean([one.probabilities[name] for one in said])) for name in first.classes}
    alarms = dict.fromkeys(alarm for member in members for alarm in member.alarms)
    return Findings(Diagnosis(mean, first.kind), members[0].parts, alarms=tuple(alarms))


def _diagnosis(findings: Findings) -> Diagnosis:
    if not isinstance(findings.main, Diagnosis):
        raise TypeError(f"diagnosis answers with a diagnosis, not with {type(findings.main).__name__}")
    return findings.main


def succeeded(findings: Findings, case: Case) -> Mapping[str, bool]:
    """Whether the class that is said is the true one; of classes that stand each for itself, whether each is right."""
    truth, said = case.truth(Diagnosis), _diagnosis(findings)
    if truth is None:
        return {}
    if truth.kind == "multi":
        known = {name: p for name, p in truth.probabilities.items() if p == p and name in said.probabilities}
        return {name: (said.probabilities[name] >= 0.5) == (p >= 0.5) for name, p in known.items()}
    true = truth.probabilities.get(said.likeliest, float("nan"))
    return {said.likeliest: true >= 0.5} if true == true else {}


def default(facts: Facts) -> Decision:
    """A network for images and for many series; boosted trees for tables and for few series."""
    kinds = {word.rpartition("=")[2] for word in facts.words.get("kinds", ()) if not word.startswith("truth:")}
    if "Image" in kinds:
        return Decision("method", "convnet", "residual networks lead the field in telling classes of images (He 2016)")
    if "Series" in kinds and facts.cases >= FEW_SERIES:
        why = f"{facts.cases} series are enough for a recurrent network that knows of gaps (Che 2018)"
        return Decision("method", "gru_d", why)
    if "Series" in kinds:
        return Decision("method", "boosting", f"{facts.cases} series are few: boosted trees look at summaries of them")
    if facts.words.get("covariates"):
        return Decision("method", "boosting", "on tables boosted trees lead the field (Grinsztajn 2022)")
    raise refuse("the training cases", "hold neither images nor series nor covariates", "Add what to tell it from.")


def write(findings: Findings, stem: Path, case: Case) -> Sequence[Path]:
    """STEM.json: the classes with their probabilities."""
    path = stem.with_name(f"{stem.name}.json")
    with aside(path) as other:
        write_value(other, _diagnosis(findings))
    return [path]


def read(path: Path) -> Diagnosis:
    """The diagnosis of a JSON file. Raises Refused where it holds something else."""
    value = read_value(path)
    if not isinstance(value, Diagnosis):
        raise refuse(path, f"holds a {type(value).__name__}, not a diagnosis", "Give answers of a diagnosis model.")
    return value


def figure(findings: Findings, case: Case) -> Picture:
    """The probability of each class, the true one marked, with the first image or series that was looked at."""
    images = (value.load() for value in case.inputs.values() if issubclass(value.kind, Image))
    bars = diagnosis_figure(_diagnosis(findings), case.truth(Diagnosis), image=next(images, None), title=case.id)
    series = next((value.load() for value in case.inputs.values() if issubclass(value.kind, Series)), None)
    if series is None:
        return bars
    charts = series_figure(series, title=case.id)
    return replace(bars, caption=f"{bars.caption} {charts.caption}", svg=f"{bars.svg or ''}{charts.svg or ''}")


def presence(dataset: Dataset, label: str) -> Dataset:
    """Cases with the question whether a label is there, from their label maps: `--derive presence=LABEL`."""
    if not label:
        raise refuse("--derive presence", "names no label", "Write --derive presence=LABEL.")
    cases = []
    for case in dataset:
        truth = next((truth for truth in case.truths.values() if issubclass(truth.answer.kind, LabelMap)), None)
        truths = {} if truth is None else {label: replace(truth, answer=_presence(truth, label))}
        cases.append(replace(case, truths=truths))
    return replace(dataset.with_cases(cases), task="diagnosis", task_why=f"whether {label} is there")


def _presence(truth: Truth, label: str) -> Lazy[Diagnosis]:
    labels: Lazy[LabelMap] = truth.answer
    return Lazy(Diagnosis, labels.where, partial(_is_present, labels, label), partial(_digest, labels, label))


def _digest(labels: Lazy[LabelMap], label: str) -> str:
    return sha256(f"presence of {label} in {labels.digest()}".encode()).hexdigest()


def _is_present(labels: Lazy[LabelMap], label: str) -> Diagnosis:
    """Yes or no; unknown where the label is not seen and something is not known."""
    value = labels.load()
    masks = value.structures()
    if label not in masks:
        raise refuse(labels.where, f"has no label {label!r}", f"Its labels are {', '.join(masks)}.")
    if masks[label].any():
        return Diagnosis.certain("yes", ("no", "yes"))
    if value.known.all():
        return Diagnosis.certain("no", ("no", "yes"))
    return Diagnosis({"no": float("nan"), "yes": float("nan")})


TASK = Task(
    name="diagnosis",
    kinds=frozenset({"image", "series", "covariates"}),
    answer=Diagnosis,
    metrics=(AUC, AVERAGE_PRECISION_DIAGNOSIS, BALANCED_ACCURACY, BRIER, ECE),
    succeeded=succeeded,
    combine=combine,
    default=default,
    write=write,
    read=read,
    figure=figure,
    derive={"presence": presence},
)
