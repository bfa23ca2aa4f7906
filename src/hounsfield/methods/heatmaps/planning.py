"""How the sizes of a network for heatmaps follow from the facts of the data: an image is seen whole."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hounsfield.planning.device import has_fast_bfloat16
from hounsfield.planning.images import image_rules
from hounsfield.planning.rules import shape_of, strides_rule
from hounsfield.planning.wishes import decided
from hounsfield.values import Budget, Decision, Facts, Plan, refuse

STEPS = 2000  # where neither time nor steps are given
ELEMENTS = {2: 2**15, 3: 2**15}  # of an image: a step takes a third of a second on two cores
LEVELS = 4
WIDTH = 2.0  # of a heatmap's Gaussian, in elements: wide enough to be found, narrow enough to be told apart
BATCH = {2: 4, 3: 2}


def plans(facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
    """The plan of the rules with the wishes obeyed, and one that sees half as many elements for less memory."""
    if not facts.words.get("points"):
        remedy = "Add points, or derive them with --derive centroids | poles | points."
        raise refuse("the training cases", "name no points", remedy)
    plan = Plan("heatmaps", "landmarks")
    for decision in (
        *image_rules(facts),
        Decision("points", facts.words["points"], "the points of the training cases"),
    ):
        plan = decided(plan, decision, wishes)
    whole = _sized(plan, facts, budget, wishes, shrink=1)
    is_fixed = {"size_elements", "spacing", "size"} & set(wishes)
    return (whole,) if is_fixed else (whole, _sized(plan, facts, budget, wishes, shrink=2))


def spacing_rule(facts: Facts, elements: int) -> Decision:
    """The median spacing, made coarser, the finest axis first, until the largest case has at most so many elements."""
    dims = int(facts.words["dims"][0])
    spacing = [facts.median(f"spacing:{axis}") for axis in range(dims)]
    extents = [facts.sketches[f"extent:{axis}"].quantile(1.0) for axis in range(dims)]
    why = "the median spacing: the largest training case is small enough to be seen whole"
    while math.prod(math.ceil(n / s) for n, s in zip(extents, spacing, strict=True)) > elements:
        finest = spacing.index(min(spacing))
        spacing[finest] *= 1.02
        why = f"so coarse that the largest training case has no more than {elements:,} elements and is seen whole"
    return Decision("spacing", [float(f"{s:.4g}") for s in spacing], why)


def _sized(plan: Plan, facts: Facts, budget: Budget, wishes: Mapping[str, Any], *, shrink: int) -> Plan:
    dims = int(facts.words["dims"][0])
    elements = Decision("size_elements", ELEMENTS[dims] // shrink, "what a step can hold on this machine")
    plan = decided(plan, elements, wishes)
    plan = decided(plan, spacing_rule(facts, plan["size_elements"]), wishes)
    _refuse_other_count(plan, "spacing", dims)
    shape = shape_of(facts, plan["spacing"])
    size = [math.ceil(n / 8) * 8 if n > 8 else math.ceil(n / 4) * 4 for n in shape.largest]
    plan = decided(plan, Decision("size", size, "the largest training case, rounded up to what halves well"), wishes)
    _refuse_other_count(plan, "size", dims)
    strides, kernels = strides_rule(plan["size"], shape.spacing, len(wishes.get("features", range(LEVELS))))
    levels = len(wishes.get("strides", strides.value))
    rows = [*kernels.value, *[kernels.value[-1]] * levels][:levels]
    first = 16 if all(device == "cpu" for device in budget.devices) else 32
    sigma = max(WIDTH * min(plan["spacing"]), max(plan["spacing"]))
    is_fast = has_fast_bfloat16()
    for decision in (
        strides,
        Decision("kernels", rows, kernels.why),
        Decision("features", [first * 2**n for n in range(levels)], f"{first}, doubled at each level"),
        Decision("sigma", float(f"{sigma:.3g}"), f"{WIDTH:g} elements, and one along a coarse axis"),
        Decision("batch", BATCH[dims], "small batches learn faster in little time"),
        Decision("steps", STEPS, "until the rehearsal says what the time allows"),
        Decision("timed", budget.seconds is not None, "minutes were given" if budget.seconds else "no minutes given"),
        Decision("validate_every", max(1, STEPS // 10), "ten looks at the validation cases in a run"),
        Decision("learning_rate", 3e-3, "AdamW on small U-Nets"),
        Decision("weight_decay", 1e-2, "AdamW's own default"),
        Decision(
            "precision",
            "bf16" if is_fast else "fp32",
            "this machine multiplies bfloat16 about twice as fast" if is_fast else "this machine has no fast bfloat16",
        ),
        Decision("rotation_deg", 15.0, "bodies lie alike"),
        Decision("scale", 1.2, "sizes vary by a fifth"),
        Decision("shift", 0.05, "where a structure lies in the image should not matter much"),
    ):
        plan = decided(plan, decision, wishes)
    refuse_misfit(plan)
    return plan


def _refuse_other_count(plan: Plan, what: str, dims: int) -> None:
    if len(plan[what]) != dims:
        raise refuse(f"--set {what}", f"needs {dims} numbers, as the images have axes", "Give one for each axis.")


def refuse_misfit(plan: Plan) -> None:
    """Raises Refused where a plan's sizes, wished or edited by hand, do not go together."""
    dims, levels = len(plan["spacing"]), len(plan["features"])
    faults = {}
    for name in ("strides", "kernels"):
        rows = plan[name]
        if len(rows) != levels or any(len(row) != dims or min(row) < 1 for row in rows):
            faults[name] = f"needs a row for each of {levels} levels, each of {dims} numbers from 1 on"
    if not faults:
        multiple = total_stride(plan)
        if any(k % 2 == 0 for row in plan["kernels"] for k in row):
            faults["kernels"] = "needs odd numbers"
        elif max(plan["strides"][0]) > 1:
            faults["strides"] = "needs ones in its first row: points are found in the finest level"
        elif len(plan["size"]) != dims or any(n % m or n < 2 * m for n, m in zip(plan["size"], multiple, strict=True)):
            faults["size"] = (
                f"needs {dims} numbers, multiples of {', '.join(map(str, multiple))} and twice that at least"
            )
    for name, fault in faults.items():
        raise refuse(f"plan: {name}", f"{fault}, and is {plan[name]}", "Wish for all the sizes that change together.")


def total_stride(plan: Plan) -> tuple[int, ...]:
    """Elements that a place of the coarsest level covers along each axis."""
    return tuple(math.prod(axis) for axis in zip(*plan["strides"], strict=True))
