"""Which classes a diagnosis tells apart, as the training cases have them."""

from __future__ import annotations

from hounsfield.values import Decision, Facts, refuse

EXCLUSIVE = ("exclusive", "ordinal")


def classes_rule(facts: Facts) -> tuple[Decision, Decision]:
    """ "classes", in the order of the truths, and "kind". Raises Refused where there is nothing to tell apart."""
    kinds = facts.words.get("diagnosis", ())
    if not kinds:
        raise refuse("the training cases", "hold no diagnoses", "Name the column to learn with --target.")
    if len(kinds) > 1:
        what = f"hold diagnoses of several kinds: {', '.join(kinds)}"
        raise refuse("the training cases", what, "Give them all the same kind.")
    places = [word.split("=", 1) for word in facts.words["class_places"]]
    classes = list(dict.fromkeys(name for _, name in sorted(places, key=lambda pair: int(pair[0]))))
    seen = [name for name in classes if facts.counts.get(f"label:{name}", 0)]
    if len(seen) < (1 if kinds[0] == "multi" else 2):
        what = f"show {', '.join(seen) or 'none'} of the classes {', '.join(classes)}"
        raise refuse("the training cases", what, "Add cases of the other classes.")
    return (
        Decision("classes", classes, "the classes of the training cases"),
        Decision("kind", kinds[0], "as the training cases say it"),
    )


def shares_of(facts: Facts, classes: list[str]) -> list[float]:
    """How often each of exclusive classes is true among the training cases (K,), 1 in all."""
    counts = [facts.counts.get(f"label:{name}", 0) for name in classes]
    return [count / max(1, sum(counts)) for count in counts]


def balance_rule(facts: Facts, kind: str, classes: list[str]) -> tuple[Decision, Decision]:
    """ "balanced" and "prevalence": how often classes are drawn in training, and expected in use."""
    if kind not in EXCLUSIVE:
        return (
            Decision("balanced", False, "classes that occur together can not be drawn each for itself"),
            Decision("prevalence", [], "as the training cases are drawn"),
        )
    why = "the shares of the training cases, since drawing is balanced (Saerens 2002)"
    return (
        Decision("balanced", True, "rare classes are learnt as well as common ones"),
        Decision("prevalence", shares_of(facts, classes), why),
    )
