"""What a network is shown of a case's images: which of them, how finely, how normalised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hounsfield.planning.rules import normalisation_rule
from hounsfield.values import Decision, Facts, refuse


def image_rules(facts: Facts) -> list[Decision]:
    """ "inputs", "channels", "normalisation", "window". Raises Refused where the cases hold no images of one kind."""
    roles = roles_of(facts, "Image")
    if not roles:
        raise refuse("the training cases", "hold no images", "Ask for another method: hounsfield list methods.")
    if len(facts.words["dims"]) > 1:
        raise refuse("the training cases", "mix images of two and three dimensions", "Learn from one kind at a time.")
    if len(facts.words["unit"]) > 1:
        remedy = "State the spacing in all files or in none: TIFF states it as resolution by inch or centimetre."
        raise refuse("the training cases", "mix images in millimetres and in pixels", remedy)
    channels = {role: int(n) for role, _, n in (word.rpartition("=") for word in facts.words["channels"])}
    is_coloured = facts.words["frame"] == ("image",) and all(channels[role] == 3 for role in roles)
    normalisation = (
        Decision("normalisation", "ct", "colours mean something: one window for all pictures keeps them")
        if is_coloured
        else normalisation_rule(facts)
    )
    has_window = normalisation.value == "ct"
    maps = [role for role in roles_of(facts, "LabelMap") if role in channels]
    shown, told = (sum(channels[role] for role in some) for some in (roles, maps))
    with_maps = " and label maps" if maps else ""
    return [
        Decision("inputs", [*roles, *maps], f"the images{with_maps} that every training case has"),
        Decision("channels", shown + told, f"the channels of these images{with_maps}"),
        normalisation,
        Decision("window", _window(facts, roles, channels, told) if has_window else [], "what the training set shows"),
    ]


def roles_of(facts: Facts, kind: str) -> list[str]:
    """The roles of inputs of this kind, `image` before all others."""
    words = [word.rpartition("=") for word in facts.words.get("kinds", ())]
    roles = [role for role, _, known in words if known == kind and not role.startswith("truth:")]
    return sorted(roles, key=lambda role: (role != "image", role))


def _window(facts: Facts, roles: Sequence[str], channels: Mapping[str, int], maps: int) -> list[float]:
    """Low, high, mean and deviation over the training cases, each for all channels; label maps stay as they are."""
    labels = [role if channels[role] == 1 else f"{role}#{n}" for role in roles for n in range(channels[role])]
    unchanged = {"p0.5": 0.0, "p99.5": 1.0, "mean": 0.0, "sd": 1.0}
    rows = [
        [*(facts.median(f"{label}:{name}") for label in labels), *[as_is] * maps] for name, as_is in unchanged.items()
    ]
    return [number for row in rows for number in row]
