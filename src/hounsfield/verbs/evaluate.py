"""evaluate: answers held against truths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from hounsfield.answers.manifest import Entry, entries
from hounsfield.answers.writing import write_json, write_text
from hounsfield.evaluation.scoring import score
from hounsfield.formats.files import sha256_of, stem_of
from hounsfield.registry.tables import TASKS
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Case, Dataset, Findings, Lazy, Problem, Refused, Scores, Truth, refuse
from hounsfield.verbs.data import derived, open_dataset
from hounsfield.verbs.pages import SHOWN, evaluation_page, merit


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

    Cases that the model was trained on or chosen by are left out, and counted in a note; a case without an answer
    counts as the worst. A folder without a manifest is matched by the names of its files.
    Raises Refused where nothing can be compared.
    """
    folder = Path(answers)
    if not folder.is_dir():
        raise refuse(folder, "is no folder of answers", "Give the folder that `predict --out` made.")
    manifest = entries(folder)
    name = task or _task_of(manifest) or _task_of_truth(truth, opening)
    table = TASKS.load(name)
    cases = {case.id: case for case in _truths(truth, name, derive, opening)}
    if manifest is None:
        manifest = _by_name(folder, cases, name)
    held_out = {i: e for i, e in manifest.items() if e.seen == "no" and i in cases}
    if not held_out:
        raise Refused(_why_nothing(folder, manifest, cases))
    failed = [cases[i] for i, entry in held_out.items() if entry.problem is not None]
    problems = [problem for entry in held_out.values() if (problem := entry.refusal) is not None]
    answered = {i: entry for i, entry in held_out.items() if entry.problem is None}
    unreadable = list[Case]()

    def pairs() -> Iterator[tuple[Findings, Case]]:
        for number, (i, entry) in enumerate(answered.items()):
            watch({"stage": "comparing", "done": number, "total": len(answered)})
            try:
                yield Findings(table.read(folder / next(iter(entry.answers)))), cases[i]
            except Refused as refusal:
                problems.extend(refusal.problems)
                unreadable.append(cases[i])

    scores = score(table.metrics, pairs(), unanswered=failed)
    if unreadable:
        scores = score(table.metrics, pairs(), unanswered=[*failed, *unreadable])
    watch({"stage": "comparing", "done": len(answered), "total": len(answered)})
    notes = (*scores.notes, *_notes(manifest, cases, held_out))
    scores = replace(scores, problems=(*dict.fromkeys((*scores.problems, *problems)),), notes=notes)
    write_json(folder / SCORES, scores.to_json())
    worst = sorted(answered, key=lambda i: merit(scores, i))[:SHOWN]
    pictured = [
        (Findings(table.read(folder / next(iter(answered[i].answers)))), cases[i]) for i in worst if i in scores.cases
    ]
    write_text(folder / "report.html", evaluation_page(folder, _where(truth), scores, pictured, name))
    return scores


def _where(truth: str | Path | Dataset) -> str:
    return truth.where if isinstance(truth, Dataset) else str(truth)


SCORES = "scores.json"


def read_scores(folder: Path) -> Scores | None:
    """The scores of a folder's last evaluation, None where there was none."""
    path = folder / SCORES
    if not path.exists():
        return None
    try:
        return Scores.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, KeyError, TypeError):
        raise refuse(path, "does not hold scores", "Evaluate the folder again.") from None


def _task_of(manifest: Mapping[str, Entry] | None) -> str | None:
    return next((entry.task for entry in manifest.values()), None) if manifest else None


def _task_of_truth(truth: str | Path | Dataset, opening: Mapping[str, Any]) -> str:
    try:
        return open_dataset(truth, **opening).task or "segmentation"
    except Refused:
        return "segmentation"


def _truths(truth: str | Path | Dataset, task: str, derive: str | None, opening: Mapping[str, Any]) -> tuple[Case, ...]:
    """Cases with truths: of a data set, or one for each truth file of a folder that holds nothing else."""
    answer = TASKS.load(task).answer
    try:
        dataset, _ = derived(open_dataset(truth, **opening), task, derive)
        with_truth = tuple(filter(TASKS.load(task).has_truth, dataset))
        if with_truth:
            return with_truth
    except Refused:
        if isinstance(truth, Dataset) or not Path(truth).is_dir():
            raise
    if isinstance(truth, Dataset):
        raise refuse(truth.where, f"holds no truth for {task}", "Give the data set with its truths.")
    files = sorted(path for path in Path(truth).iterdir() if path.is_file() and not path.name.startswith("."))
    read = TASKS.load(task).read
    return tuple(
        Case(
            stem_of(path), {}, {"truth": Truth(Lazy(answer, str(path), partial(read, path), partial(sha256_of, path)))}
        )
        for path in files
    )


def _by_name(folder: Path, cases: Mapping[str, Case], task: str) -> dict[str, Entry]:
    """Entries for a folder without a manifest: a file belongs to the case whose id is its name."""
    files = {stem_of(path): path for path in sorted(folder.iterdir(), reverse=True) if path.is_file()}
    return {i: Entry(i, task, "", "", str(files[i]), {files[i].name: ""}) for i in cases if i in files}


def _why_nothing(folder: Path, manifest: Mapping[str, Entry], cases: Mapping[str, Case]) -> Problem:
    seen = sum(entry.seen != "no" for i, entry in manifest.items() if i in cases)
    if seen:
        what = f"answers {seen} cases, and the model was trained or chosen on all of them"
        return Problem(str(folder), what, "Predict cases that it has not seen.")
    what = f"answers none of the {len(cases)} cases that have a truth"
    return Problem(str(folder), what, "Check that the files or the manifest's ids are named like the cases.")


def _notes(manifest: Mapping[str, Entry], cases: Mapping[str, Case], held_out: Mapping[str, Entry]) -> list[str]:
    seen = sum(entry.seen != "no" for i, entry in manifest.items() if i in cases)
    strangers = sum(i not in cases for i in manifest)
    missing = sum(i not in manifest for i in cases)
    notes = [f"{len(held_out)} cases were compared, none of which the model had seen."] if seen else []
    notes += [f"{seen} cases were left out: the model was trained or chosen on them."] if seen else []
    notes += [f"{strangers} answers have no truth to compare with."] if strangers else []
    notes += [f"{missing} truths have no answer and were not counted: nobody asked for them here."] if missing else []
    return notes
