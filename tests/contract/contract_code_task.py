"""A task that only tests know: a few numbers for a case. Nothing else of the house is touched to add it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hounsfield.answers.writing import write_json
from hounsfield.evaluation.metric import Metric, main_answer
from hounsfield.figures.picture import Picture
from hounsfield.tasks.task import Task
from hounsfield.values import Case, Code, Decision, Facts, Findings, Row


def _distance(findings: Findings, case: Case) -> list[Row]:
    truth = case.truth(Code)
    if truth is None:
        return []
    return [Row("code", (float(np.linalg.norm(main_answer(findings, case, Code).vector - truth.vector)),))]


def _combine(evidences: Sequence[object]) -> Findings:
    codes = [evidence.main.vector for evidence in evidences if isinstance(evidence, Findings)]  # type: ignore[union-attr]
    return Findings(Code(np.mean(codes, axis=0, dtype=np.float32)))


def _succeeded(findings: Findings, case: Case) -> Mapping[str, bool]:
    return {row.item: row.numbers[0] < 0.5 for row in _distance(findings, case)}


def _default(facts: Facts) -> Decision:
    return Decision("method", "unknown", "tests name theirs")


def _write(findings: Findings, stem: Path, case: Case) -> Sequence[Path]:
    path = stem.with_name(f"{stem.name}.json")
    write_json(path, main_answer(findings, case, Code).vector.tolist())
    return [path]


def _read(path: Path) -> Code:
    return Code(np.array(json.loads(path.read_text(encoding="utf-8")), np.float32))


def _figure(findings: Findings, case: Case) -> Picture:
    raise NotImplementedError("nobody looks at it")


TASK = Task(
    name="code",
    kinds=frozenset({"covariates"}),
    answer=Code,
    metrics=(Metric("distance", "", "lower", "case", _distance),),
    succeeded=_succeeded,
    combine=_combine,
    default=_default,
    write=_write,
    read=_read,
    figure=_figure,
)
