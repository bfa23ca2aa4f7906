"""How the sizes of a residual network follow from the facts of the data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hounsfield.planning.classes import balance_rule, classes_rule
from hounsfield.planning.images import image_rules
from hounsfield.planning.rules import shape_of, spacing_rule, strides_rule
from hounsfield.values import Budget, Decision, Facts, Plan

STEPS = 2000  # where neither time nor steps are given
ELEMENTS = {2: 2**14, 3: 2**17}  # of an image: a step stays under a second on two cores
STAGES = 4  # as the residual networks of 2016 have them
SMALL_IMAGE = 2**12  # elements; larger images are halved by the first stage already, as in He et al. 2016
BATCH = {2: 64, 3: 8}  # images a step


def plans(facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
    """The plan of the rules with the wishes obeyed, and one with half the batch for less memory."""
    plan = Plan("convnet", "diagnosis")
    for decision in (*classes_rule(facts), spacing_rule(facts), *image_rules(facts)):
        plan = _decide(plan, decision, wishes)
    whole = _sized(plan, facts, budget, wishes, shrink=1)
    return (whole,) if "batch" in wishes else (whole, _sized(plan, facts, budget, wishes, shrink=4))


def _decide(plan: Plan, decision: Decision, wishes: Mapping[str, Any]) -> Plan:
    if decision.what in wishes:
        return plan.decide(decision.what, wishes[decision.what], "wished")
    return plan.decide(decision.what, decision.value, decision.why)


def size_rule(median: Sequence[int], spacing: Sequence[float], elements: int) -> Decision:
    """The typical image where it is small enough, else the same field of view in about `elements` elements."""
    size, step = [float(n) for n in median], list(spacing)
    if math.prod(median) <= elements:
        return Decision("size", list(median), "the typical size of the training cases")
    while math.prod(size) > elements:
        finest = min((axis for axis in range(len(size)) if size[axis] > 2), key=lambda axis: step[axis])
        size[finest], step[finest] = size[finest] * 0.95, step[finest] / 0.95
    why = f"the typical field of view in about {elements:,} elements, what a step can hold on this machine"
    return Decision("size", [max(1, round(n)) for n in size], why)


def _sized(plan: Plan, facts: Facts, budget: Budget, wishes: Mapping[str, Any], *, shrink: int) -> Plan:
    shape = shape_of(facts, plan["spacing"])
    elements = wishes.get("size_elements", ELEMENTS[shape.dims])
    size = size_rule(shape.median, shape.spacing, elements)
    plan = _decide(plan, Decision("size_elements", elements, "what a step can hold on this machine"), wishes)
    plan = _decide(plan, size, wishes)
    extents = [n * s for n, s in zip(shape.median, shape.spacing, strict=True)]
    spacing = tuple(extent / n for extent, n in zip(extents, plan["size"], strict=True))
    strides, kernels = _stages(plan["size"], spacing, len(wishes.get("features", range(STAGES))))
    levels = len(wishes.get("strides", strides.value))
    first = 16 if all(device == "cpu" for device in budget.devices) else 32
    for decision in balance_rule(facts, plan["kind"], plan["classes"]):
        plan = _decide(plan, decision, wishes)
    for decision in (
        strides,
        kernels,
        Decision("features", [first * 2**n for n in range(levels)], f"{first}, doubled at each stage (He 2016)"),
        Decision("blocks", 2, "as in the residual network of 18 layers (He 2016)"),
        Decision("batch", max(1, BATCH[shape.dims] // shrink), "what a step can hold on this machine"),
        Decision("steps", STEPS, "until the rehearsal says what the time allows"),
        Decision("timed", budget.seconds is not None, "minutes were given" if budget.seconds else "no minutes given"),
        Decision("validate_every", max(1, STEPS // 10), "ten looks at the validation cases in a run"),
        Decision("learning_rate", 2e-3, "AdamW on small networks"),
        Decision("weight_decay", 5e-2, "small data is learnt by heart easily"),
        Decision("precision", "fp32", "small convolutions gain nothing from bfloat16, ranks of cases lose"),
        Decision("rotation_deg", 10.0, "bodies lie alike"),
        Decision("scale", 1.1, "sizes vary by a tenth"),
        Decision("shift", 0.07, "the middle is found to about this"),
        Decision("flip_axes", [], "sides may matter"),
    ):
        plan = _decide(plan, decision, wishes)
    return plan


def _stages(size: list[int], spacing: tuple[float, ...], deepest: int) -> tuple[Decision, Decision]:
    """Strides and kernels of each stage; the first halves large images, once along each long axis."""
    first = [2 if math.prod(size) > SMALL_IMAGE and n > 8 else 1 for n in size]
    seen = [max(4, -(-n // f) // 4 * 4) for n, f in zip(size, first, strict=True)]
    steps = tuple(s * f for s, f in zip(spacing, first, strict=True))
    strides, kernels = strides_rule(seen, steps, deepest)
    why = f"{strides.why}; large images are halved at once"
    return Decision("strides", [first, *strides.value[1:]], why), kernels
