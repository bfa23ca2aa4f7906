"""The model card: what a person should know before using a model, in one page of Markdown."""

from __future__ import annotations

from hounsfield.registry.tables import METHODS
from hounsfield.values import Facts, Plan, Scores
from hounsfield.values.wording import count


def card_text(plan: Plan, facts: Facts, scores: Scores | None) -> str:
    """The card of a model."""
    card = METHODS.load(plan.method).card
    lines = [
        f"# A {card.name} for {plan.task}",
        "",
        card.summary,
        "",
        f"- Method: {card.name}. Source: {card.source}",
        f"- Trained on {count(facts.cases, 'case')}.",
        f"- Inputs: {', '.join(facts.words.get('roles', ())) or 'covariates only'}.",
        f"- Answers: {', '.join(facts.words.get('labels', facts.words.get('classes', ()))) or 'see the plan'}.",
        "- Confidence: unknown (not calibrated).",
        "- Not a medical device. Check it on your own cases before you rely on it.",
        "",
        "## Scores on the validation cases",
        "",
    ]
    if scores is None:
        return "\n".join([*lines, "None: there were no validation cases.", ""])
    lines += ["| metric | item | value with 95 % interval | cases |", "| --- | --- | --- | --- |"]
    for metric, items in scores.sets.items():
        lines += [f"| {metric} | {item} | {value} | {value.n} |" for item, value in items.items()]
    return "\n".join([*lines, ""])
