"""Answers held against truths, nothing written: what `evaluate` and `compare` have in common."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hounsfield.answers.manifest import Entry, entries
from hounsfield.evaluation.scoring import score
from hounsfield.registry.tables import TASKS
from hounsfield.tasks.task import Task
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Case, Dataset, Findings, Refused, Scores, refuse
from hounsfield.verbs.beforehand import check_answers
from hounsfield.verbs.remarks import notes, why_nothing
from hounsfield.verbs.truths import files_by_case, truths_of


@dataclass(frozen=True)
class Scored:
    """Scores of a folder of answers, and what they are of: entries of the manifest and cases by id."""

    folder: Path
    task: Task
    scores: Scores
    held_out: Mapping[str, Entry]
    cases: Mapping[str, Case]

    def said(self, case: str) -> Findings | Refused:
        """What the answer to a case says, or why it says nothing."""
        return _said(self.held_out[case], self.folder, self.task)


def score_answers(
    answers: str | Path,
    truth: str | Path | Dataset,
    *,
    task: str | None = None,
    derive: str | None = None,
    watch: Watcher = nobody,
    **opening: Any,
) -> Scored:
    """Score a folder of answers against a data set that holds the truths, or a folder of bare truth files.

    Cases that the model was trained on or chosen by are left out, and counted in a note; a case that could not be
    answered counts as the worst. A folder without a manifest is matched by the names of its files.
    Raises Refused where nothing can be compared.
    """
    folder = Path(answers)
    check_answers(folder)
    manifest = entries(folder)
    bare = files_by_case(folder) if manifest is None else {}
    opening["watch"] = watch
    name, cases = truths_of(truth, task or _task_of(manifest), derive, bare or manifest or (), opening)
    if manifest is None:
        manifest = {i: Entry(i, name, "", "", str(path), {path.name: ""}) for i, path in bare.items()}
    held_out = {i: entry for i, entry in manifest.items() if entry.seen == "no" and i in cases}
    if not held_out:
        raise Refused(why_nothing(folder, manifest, cases))
    table = TASKS.load(name)

    def pairs() -> Iterator[tuple[Findings | Refused, Case]]:
        for number, (i, entry) in enumerate(held_out.items()):
            watch({"stage": "comparing", "done": number, "total": len(held_out)})
            yield _said(entry, folder, table), cases[i]

    scores = score(table.metrics, pairs())
    watch({"stage": "comparing", "done": len(held_out), "total": len(held_out)})
    if not any(scores.sets.values()):
        raise Refused(scores.problems or why_nothing(folder, {}, cases))
    scores = replace(scores, notes=(*scores.notes, *notes(folder, manifest, cases, held_out)))
    return Scored(folder, table, scores, held_out, cases)


def _task_of(manifest: Mapping[str, Entry] | None) -> str | None:
    """The task of a folder's answers. Raises Refused where they are of several."""
    tasks = sorted({entry.task for entry in manifest.values()}) if manifest else []
    if len(tasks) > 1:
        raise refuse("the manifest", f"holds answers of {' and '.join(tasks)}", "Choose one with --task.")
    return tasks[0] if tasks else None


def _said(entry: Entry, folder: Path, task: Task) -> Findings | Refused:
    """What the answer's file says, or why it says nothing."""
    try:
        return Findings(task.read(_answer_of(entry, folder)))
    except Refused as refusal:
        return refusal


def _answer_of(entry: Entry, folder: Path) -> Path:
    """The file to read. Raises Refused where the case was not answered."""
    if entry.refusal is not None:
        raise Refused(entry.refusal)
    name = next(iter(entry.answers), None)
    if name is None or not (folder / name).resolve().is_relative_to(folder.resolve()):
        raise refuse(folder, f"has a line in its manifest without a file for {entry.id}", "Predict that case again.")
    return folder / name
