"""How the sizes of a residual network follow from the facts of the data."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hounsfield.inference.classes import log_prevalence
from hounsfield.planning.classes import balance_rule, classes_rule
from hounsfield.planning.images import image_rules
from hounsfield.planning.rules import shape_of, spacing_rule, strides_rule
from hounsfield.planning.wishes import decided
from hounsfield.values import Budget, Decision, Facts, Plan, refuse

STEPS = 2000  # where neither time nor steps are given
ELEMENTS = {2: 2**14, 3: 2**17}  # of an image: a step of BATCH of them takes less than a second on one core
STAGES = 4  # as the residual networks of 2016 have them
SMALL_IMAGE = 2**12  # elements; larger images are halved by the first stage already, as in He et al. 2016
BATCH = {2: 64, 3: 8}  # images a step


def plans(facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
    """The plan of the rules with the wishes obeyed, and one with a quarter of the batch for less memory."""
    plan = Plan("convnet", "diagnosis")
    for decision in (*classes_rule(facts), *image_rules(facts), spacing_rule(facts)):
        plan = decided(plan, decision, wishes)
    _check_axes(plan, "spacing", int(facts.words["dims"][0]))
    whole = _sized(plan, facts, budget, wishes, shrink=1)
    return (whole,) if "batch" in wishes else (whole, _sized(plan, facts, budget, wishes, shrink=4))


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
    plan = decided(plan, Decision("size_elements", elements, "what a step can hold on this machine"), wishes)
    plan = decided(plan, size, wishes)
    _check_axes(plan, "size", shape.dims)
    extents = [n * s for n, s in zip(shape.median, shape.spacing, strict=True)]
    spacing = tuple(extent / n for extent, n in zip(extents, plan["size"], strict=True))
    wished = next((len(wishes[name]) for name in ("features", "strides", "kernels") if name in wishes), None)
    strides, kernels = _stages(plan["size"], spacing, wished)
    first = 16 if all(device == "cpu" for device in budget.devices) else 32
    for decision in balance_rule(facts, plan["kind"], plan["classes"]):
        plan = decided(plan, decision, wishes)
    for decision in (
        strides,
        kernels,
        Decision(
            "features", [first * 2**n for n in range(len(strides.value))], f"{first}, doubled at each stage (He 2016)"
        ),
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
        plan = decided(plan, decision, wishes)
    check(plan)
    return plan


def _check_axes(plan: Plan, what: str, dims: int) -> None:
    if len(plan[what]) != dims:
        raise refuse(what, f"has {len(plan[what])} numbers for {dims} axes", "Give one number an axis.")


def check(plan: Plan) -> None:
    """Raises Refused where decisions of a plan contradict each other."""
    dims, stages = len(plan["size"]), len(plan["features"])
    _check_axes(plan, "spacing", dims)
    for name in ("strides", "kernels"):
        rows = plan[name]
        if len(rows) != stages or any(len(row) != dims or min(row) < 1 for row in rows):
            raise refuse(
                name, f"are not {stages} rows of {dims} positive numbers", "Give a row for each of `features`."
            )
    if any(size % 2 == 0 for row in plan["kernels"] for size in row):
        raise refuse("kernels", "have an even size", "Give odd sizes: they have a middle.")
    if len(plan["window"]) != (4 * plan["channels"] if plan["normalisation"] == "ct" else 0):
        what = f"has {len(plan['window'])} numbers for {plan['normalisation']} of {plan['channels']} channels"
        raise refuse("window", what, "Give four a channel for ct, none otherwise.")
    if any(axis >= dims for axis in plan["flip_axes"]):
        raise refuse("flip_axes", f"name an axis beyond the {dims} of the images", "Count them from 0.")
    log_prevalence(plan)


def _stages(size: list[int], spacing: tuple[float, ...], wished: int | None) -> tuple[Decision, Decision]:
    """Strides and kernels of each stage; the first halves large images, once along each long axis."""
    first = [2 if math.prod(size) > SMALL_IMAGE and n > 8 else 1 for n in size]
    # strides need no even sizes here: convolutions round up
    seen = [-(-n // (8 * f)) * 8 for n, f in zip(size, first, strict=True)]
    steps = tuple(s * f for s, f in zip(spacing, first, strict=True))
    strides, kernels = strides_rule(seen, steps, wished or STAGES)
    why = f"{strides.why}; large images are halved at once"
    # more stages than the image has room for keep its size
    more = (wished or 0) - len(strides.value)
    rows = [first, *strides.value[1:], *[[1] * len(size)] * more]
    return Decision("strides", rows, why), Decision("kernels", kernels.value + kernels.value[-1:] * more, kernels.why)
