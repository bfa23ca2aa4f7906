"""The pages that verbs leave behind: what was trained, what was evaluated."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import read_lines
from hounsfield.figures.picture import Picture
from hounsfield.packages.writing import Contents
from hounsfield.registry.tables import TASKS
from hounsfield.reports.page import Content, page
from hounsfield.values import Case, Findings, Refused, Scores
from hounsfield.values.wording import count
from hounsfield.verbs.counting import lasted
from hounsfield.verbs.remarks import FLATTERED, UNSCORED
from hounsfield.verbs.study import Study

SHOWN = 8  # cases with a picture on a page
Answered = Sequence[tuple[Findings, Case]]


def training_page(contents: Contents, found: Study, answered: Answered, log: Path) -> str:
    """The report of a training: scores on the validation cases, the worst of them, the curves, the plan."""
    measured, cases = contents.measured, found.cases
    held_out = count(len(cases.validation), "validation case") if cases.validation else "no validation case"
    return page(
        Content(
            title=f"A {contents.plan.method} for {contents.plan.task}",
            summary=f"Trained on {count(len(cases.training), 'case')} of {found.dataset.where}, scored on {held_out}; "
            f"kept apart for a test: {count(len(found.test), 'case')}.",
            command=str(measured["command"]),
            plan=contents.plan.decide("method", contents.plan.method, found.chosen.why),
            scores=contents.scores,
            figures=worst_first(contents.plan.task, answered, contents.scores),
            log=each_step_once(read_lines(log)),
            data=_data_rows(found),
            facts=found.facts,
            environment=environment_rows(measured),
            problems=[f"Left out: {problem}" for problem in found.problems],
            notes=[*contents.scores.notes, FLATTERED] if contents.scores else [UNSCORED],
        )
    )


def evaluation_page(folder: Path, truth: str, scores: Scores, answered: Answered, task: str) -> str:
    """The report of an evaluation: scores, and the worst cases."""
    return page(
        Content(
            title=f"{task.capitalize()}: answers held against truths",
            summary=f"{count(len(scores.cases), 'case')} of {folder} against {truth}.",
            command=f"hounsfield evaluate {folder} {truth}",
            scores=scores,
            figures=worst_first(task, answered, scores),
            problems=[str(problem) for problem in scores.problems],
            notes=scores.notes,
        )
    )


def each_step_once(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A run's log without the lines that a resumed run wrote again."""
    last = {
        (line.get("part"), line.get("step"), "validation" in line): line for line in lines if "decision" not in line
    }
    return sorted(last.values(), key=lambda line: (str(line.get("part")), line.get("step") or 0))


def worst_first(task: str, answered: Answered, scores: Scores | None) -> list[Picture]:
    """Pictures of the worst cases, the worst first, each saying its score."""
    table = TASKS.load(task)
    ranked = sorted(answered, key=lambda pair: merit(scores, pair[1].id)) if scores else list(answered)
    pictures = []
    for findings, case in [(findings, case) for findings, case in ranked if case.inputs or case.covariates][:SHOWN]:
        try:
            picture = table.figure(findings, case)
        except Refused as refusal:
            picture = Picture(case.id, str(refusal))
        said = scores.cases.get(case.id, {}).get(scores.ranked_by, {}) if scores else {}
        values = ", ".join(f"{item} {value:.3f}" for item, value in said.items() if value is not None)
        caption = f"{scores.ranked_by}: {values}. {picture.caption}" if scores and values else picture.caption
        pictures.append(Picture(picture.title, caption, picture.png, picture.svg))
    return pictures


def merit(scores: Scores, case: str) -> float:
    """How good a case's answer is: higher is better, the undefined last."""
    metric = scores.ranked_by
    items = scores.cases.get(case, {}).get(metric, {})
    values = [value for value in items.values() if value is not None]
    if not values:
        return float("inf")
    mean = sum(values) / len(values)
    return mean if scores.better[metric] == "higher" else -mean


def _data_rows(found: Study) -> list[tuple[str, str]]:
    data, cases = found.dataset, found.cases
    parts = f"{len(cases.training)} training, {len(cases.validation)} validation, {len(found.test)} test"
    return [
        ("folder", data.where),
        ("read as", f"{data.layout} ({data.why})"),
        ("cases", parts),
        ("labels", ", ".join(found.facts.words.get("labels", found.facts.words.get("classes", ()))) or "see the plan"),
    ]


def environment_rows(measured: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Versions, machine, seed, time and memory, a word and a sentence each."""
    rows = [(name, str(number)) for name, number in measured.get("versions", {}).items()]
    rows += [("machine", str(measured.get("machine", "unknown"))), ("seed", str(measured.get("seed", "unknown")))]
    rows += [("trained for", lasted(measured))] if "seconds" in measured else []
    peak = measured.get("peak_bytes")
    return [*rows, ("peak memory", f"{peak / 2**20:.0f} MiB" if peak else "unknown")]
