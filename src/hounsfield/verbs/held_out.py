"""How good a trained model is on the cases that were kept apart to choose it by."""

from __future__ import annotations

from hounsfield.evaluation.scoring import score
from hounsfield.planning.device import devices
from hounsfield.registry.tables import TASKS
from hounsfield.seam import Track, Trained
from hounsfield.training.validation import refuse_vanished
from hounsfield.values import Case, Findings, Limits, Plan, Refused, Scores, Setting, State
from hounsfield.verbs.study import Study


def score_held_out(
    found: Study, plan: Plan, state: State, track: Track
) -> tuple[Scores | None, list[tuple[Findings, Case]]]:
    """Scores on the validation cases, one that can not be answered counting as the worst; and the findings of each.

    They go into a package, so they name no patient. Raises Stopped, between two cases, when asked to stop, and Refused
    where cases are not there any more: that says nothing of the model, and may be mended.
    """
    if not found.cases.validation:
        return None, []
    trained: Trained = found.method.open(plan, state, Setting(devices()[0]))
    answered = list[tuple[Findings, Case]]()
    refused = list[tuple[Refused, Case]]()
    total = len(found.cases.validation)
    for number, case in enumerate(found.cases.validation):
        track.stage("scoring", number, total)
        try:
            answered.append((trained.answer(case, Limits()), case))
        except Refused as refusal:
            refused.append((refusal, case))
    track.stage("scoring", total, total)
    scores = score(TASKS.load(plan.task).metrics, [*answered, *refused], seed=0)
    if scores.problems:
        refuse_vanished(found.cases.validation)
    return scores.without_names(), answered
