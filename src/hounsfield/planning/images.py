"""What a network is shown of a case's images: which of them, how finely, how normalised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hounsfield.planning.rules import normalisation_rule
from hounsfield.values import Decision, Facts, refuse


def image_rules(facts: Facts) -> list[Decision]:
    """ "inputs", "channels", "normalisation", "window". Raises Refused where the cases hold no images of one kind."""
    kinds = facts.words.get("kinds", ())
    images = [word.removesuffix("=Image") for word in kinds if word.endswith("=Image")]
    roles = sorted((role for role in images if not role.startswith("truth:")), key=lambda role: (role != "image", role))
    if not roles:
        raise refuse("the training cases", "hold no images", "Ask for another method: hounsfield list methods.")
    if len(facts.words["dims"]) > 1:
        raise refuse("the training cases", "mix images of two and three dimensions", "Learn from one kind at a time.")
    channels = {role: int(n) for role, _, n in (word.rpartition("=") for word in facts.words["channels"])}
    is_coloured = facts.words["unit"] == ("px",) and all(channels[role] == 3 for role in roles)
    normalisation = (
        Decision("normalisation", "ct", "colours mean something: one window for all pictures keeps them")
        if is_coloured
        else normalisation_rule(facts)
    )
    has_window = normalisation.value == "ct"
    return [
        Decision("inputs", roles, "the images that every training case has"),
        Decision("channels", sum(channels[role] for role in roles), "the channels of these images"),
        normalisation,
        Decision("window", _window(facts, roles, channels) if has_window else [], "what the training set shows"),
    ]


def _window(facts: Facts, roles: Sequence[str], channels: Mapping[str, int]) -> list[float]:
    """Low, high, mean and deviation over the training cases, each for all channels."""
    labels = [role if channels[role] == 1 else f"{role}#{n}" for role in roles for n in range(channels[role])]
    return [facts.median(f"{label}:{name}") for name in ("p0.5", "p99.5", "mean", "sd") for label in labels]
