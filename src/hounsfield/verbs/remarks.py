"""What has to be said beside scores: which cases they are of, and which they are not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hounsfield.answers.manifest import Entry
from hounsfield.formats.files import sha256_of
from hounsfield.values import Case, Problem
from hounsfield.values.wording import count

UNSCORED = "There was no validation case: how good the model is, is unknown. Evaluate it on cases it has not seen."
FLATTERED = "Scores on validation cases choose the model and flatter it a little: evaluate it on test cases."
OR_PATIENTS = "or on other cases of their patients"


def why_nothing(folder: Path, manifest: Mapping[str, Entry], cases: Mapping[str, Case]) -> Problem:
    """Why no case can be compared."""
    seen = sum(entry.seen != "no" for i, entry in manifest.items() if i in cases)
    if seen:
        what = f"answers {count(seen, 'case')}, and the model was trained or chosen on all of them, {OR_PATIENTS}"
        return Problem(str(folder), what, "Predict cases of others; patients are known by their names.")
    what = f"answers none of the {count(len(cases), 'case')} that have a truth"
    return Problem(str(folder), what, "Check that the files or the manifest's ids are named like the cases.")


def notes(
    folder: Path, manifest: Mapping[str, Entry], cases: Mapping[str, Case], held_out: Mapping[str, Entry]
) -> list[str]:
    """What a reader of the scores has to know, a sentence each."""
    seen = sum(entry.seen != "no" for i, entry in manifest.items() if i in cases)
    strangers = sum(i not in cases for i in manifest)
    missing = sum(i not in manifest for i in cases)
    models = {entry.package for entry in held_out.values()}
    changed = sum(_is_changed(entry, folder) for entry in held_out.values())
    facts = [
        (seen, f"{count(len(held_out), 'case')} compared, none of which the model had seen."),
        (seen, f"{count(seen, 'case')} left out: the model was trained or chosen on them, {OR_PATIENTS}."),
        (strangers, f"{count(strangers, 'answer')} without a truth to compare with."),
        (missing, f"{count(missing, 'truth')} without an answer, not counted: nobody asked for them here."),
        (
            len(models) > 1,
            f"The answers are of {len(models)} models: predict into a folder for each to tell them apart.",
        ),
        (changed, f"{count(changed, 'answer')} changed since predict wrote them."),
    ]
    return [sentence for is_so, sentence in facts if is_so]


def _is_changed(entry: Entry, folder: Path) -> bool:
    """Whether an answer is there, and is not as it was written."""
    files = [(folder / name, digest) for name, digest in entry.answers.items() if digest]
    return any(file.is_file() and sha256_of(file) != digest for file, digest in files)
