"""How the sizes of a U-Net follow from the facts of the data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hounsfield.planning.device import has_fast_bfloat16
from hounsfield.planning.images import image_rules
from hounsfield.planning.rules import patch_rule, shape_of, spacing_rule, strides_rule
from hounsfield.planning.wishes import decided
from hounsfield.values import Budget, Decision, Facts, Plan, refuse

DEEPEST = 6  # levels at most (nnU-Net)
CPU_ELEMENTS = 2**17  # of a 3D patch: two of them keep a step under a second on two cores
PICTURE_ELEMENTS = 2**16  # of a 2D patch
STEPS = 2000  # where neither time nor steps are given


def plans(facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
    """The plan of the rules with the wishes obeyed, and one with half the patch for less memory."""
    if not facts.words.get("labels"):
        raise refuse("the training cases", "hold no labels", "Segmentation learns from label maps: add them.")
    plan = Plan("unet", "segmentation")
    for decision in _look(facts):
        plan = decided(plan, decision, wishes)
    whole = _sized(plan, facts, budget, wishes, shrink=1)
    return (whole,) if "patch" in wishes else (whole, _sized(plan, facts, budget, wishes, shrink=2))


def _look(facts: Facts) -> list[Decision]:
    """What the network is shown and what it is to say."""
    shown = {decision.what: decision for decision in image_rules(facts)}
    if facts.words["frame"] == ("image",):
        why = "stain and exposure differ from picture to picture, so each is normalised by itself"
        shown["normalisation"], shown["window"] = Decision("normalisation", "zscore", why), Decision("window", [], why)
    has_objects = "objects" in facts.words
    objects = "the labels tell objects apart: a border class keeps touching ones apart"
    target = ("objects", objects) if has_objects else ("labels", "the labels do not tell objects apart")
    return [
        *shown.values(),
        Decision("labels", sorted(facts.words["labels"], key=_value), "the labels of the training cases"),
        Decision("target", *target),
        spacing_rule(facts),
    ]


def _value(word: str) -> int:
    return int(word.partition("=")[0])


def _sized(plan: Plan, facts: Facts, budget: Budget, wishes: Mapping[str, Any], *, shrink: int) -> Plan:
    shape = shape_of(facts, plan["spacing"])
    elements = wishes.get("patch_elements", (CPU_ELEMENTS if shape.dims == 3 else PICTURE_ELEMENTS) // shrink)
    patch = wishes.get("patch", patch_rule(shape, elements).value)
    is_small = all(device == "cpu" for device in budget.devices)
    first = 16 if is_small else 32
    strides, kernels = strides_rule(
        patch, shape.spacing, len(wishes.get("features", range(DEEPEST if first == 32 else 4)))
    )
    levels = len(wishes.get("strides", strides.value))
    steps = Decision("steps", STEPS, "until the rehearsal says what the time allows")
    precision = "bf16" if has_fast_bfloat16() else "fp32"
    whys = {"bf16": "this machine multiplies bfloat16 about twice as fast", "fp32": "this machine has no fast bfloat16"}
    decisions = [
        Decision("patch_elements", elements, "what a step can hold on this machine"),
        patch_rule(shape, elements),
        Decision("batch", 2 if shape.dims == 3 else 4, "small batches learn faster in little time"),
        Decision(
            "features", [min(first * 2**n, 320) for n in range(levels)], f"{first} doubled at each level, 320 at most"
        ),
        strides,
        kernels,
        Decision("supervised", max(0, min(2, levels - 2)), "coarse levels learn sooner with a loss of their own"),
        steps,
        Decision(
            "timed", budget.seconds is not None, "minutes were given" if budget.seconds else "no minutes were given"
        ),
        Decision("validate_every", max(1, STEPS // 10), "ten looks at the validation cases in a run"),
        Decision("learning_rate", 3e-3, "a usual rate for AdamW on small U-Nets; not tuned"),
        Decision("weight_decay", 1e-2, "AdamW's own default"),
        Decision("precision", precision, whys[precision]),
        Decision("foreground_share", 0.67, "two of three patches show a label for sure"),
        Decision(
            "rotation_deg",
            15.0 if shape.dims == 3 else 180.0,
            "bodies lie alike" if shape.dims == 3 else "no up or down",
        ),
        Decision("scale", 1.2, "sizes vary by a fifth"),
        Decision(
            "flip_axes", [] if shape.dims == 3 else [0, 1], "sides matter" if shape.dims == 3 else "no left or right"
        ),
        Decision("overlap", 0.5, "half a window, as in nnU-Net"),
    ]
    for decision in decisions:
        plan = decided(plan, decision, wishes)
    return plan
