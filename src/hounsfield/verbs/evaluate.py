"""evaluate: answers held against truths, with a page to look at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import files_aside, write_json, write_text
from hounsfield.formats.files import NotWritten, reading
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Dataset, Refused, Scores, refuse
from hounsfield.verbs.beforehand import check_evaluation
from hounsfield.verbs.pages import SHOWN, evaluation_page, merit
from hounsfield.verbs.scored import Scored, score_answers

SCORES = "scores.json"


def evaluate(
    answers: str | Path,
    truth: str | Path | Dataset,
    *,
    task: str | None = None,
    derive: str | None = None,
    watch: Watcher = nobody,
    **opening: Any,
) -> Scores:
    """Score a folder of answers against a data set that holds the truths, or a folder of bare truth files.

    Leaves scores.json and report.html in the folder, both or none: where they can not be written, that is a problem of
    the scores. What is counted, and how, is said in `score_answers`.
    Raises Refused where nothing can be compared.
    """
    check_evaluation(Path(answers), truth, task, opening.get("layout"))
    found = score_answers(answers, truth, task=task, derive=derive, watch=watch, **opening)
    page = _page(found, truth)
    try:
        with files_aside(found.folder) as folder:  # both or none: they speak of each other
            write_json(folder / SCORES, found.scores.to_json())
            write_text(folder / "report.html", page)
    except NotWritten as refusal:
        told = refusal.and_so(f"{SCORES} and report.html are not of these scores")
        return replace(found.scores, problems=(*found.scores.problems, told))
    return found.scores


def _page(found: Scored, truth: str | Path | Dataset) -> str:
    """The page, with pictures of the worst cases."""
    scored = [i for i in found.held_out if i in found.scores.cases]
    worst = sorted(scored, key=lambda i: merit(found.scores, i))[:SHOWN]
    said = [(found.said(i), found.cases[i]) for i in worst]
    pictured = [(findings, case) for findings, case in said if not isinstance(findings, Refused)]
    where = truth.where if isinstance(truth, Dataset) else str(truth)
    return evaluation_page(found.folder, where, found.scores, pictured, found.task.name)


def read_scores(folder: Path) -> Scores | None:
    """The scores of a folder's last evaluation, None where there was none."""
    path = folder / SCORES
    if not path.exists():
        return None
    try:
        with reading(path):
            return Scores.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError):
        raise refuse(path, "does not hold scores", "Evaluate the folder again.") from None
