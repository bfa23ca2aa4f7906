"""How the sizes of a CenterNet follow from the facts of the data, most of all from how large the objects are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from hounsfield.methods.centernet.sizes import refuse_misfit
from hounsfield.planning.device import has_fast_bfloat16
from hounsfield.planning.images import image_rules
from hounsfield.planning.rules import patch_rule, shape_of
from hounsfield.planning.wishes import decided
from hounsfield.values import Budget, Decision, Facts, Plan, refuse

STEPS = 2000  # where neither time nor steps are given
STAGES = 4
OBJECT = 40.0  # elements along the side of a typical object: ones a third as large are still seen
LEAST_OBJECT = 12.0  # and so many it keeps where that makes images large
LONGEST = {2: 512, 3: 128}  # elements along the longest side, where objects stay large enough
ELEMENTS = {2: 2**16, 3: 2**17}  # of a window: a step stays under a second on two cores
CELLS = 4  # along the side of a typical object, at least: ones a third as large still have a cell of their own
BATCH = {2: 4, 3: 2}


def plans(facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
    """The plan of the rules with the wishes obeyed, and one with a smaller batch for less memory."""
    if not facts.words.get("box_classes"):
        remedy = "Detection learns from boxes: add them, or derive them with --derive boxes."
        raise refuse("the training cases", "hold no boxes", remedy)
    plan = Plan("centernet", "detection")
    for decision in (
        *image_rules(facts),
        Decision("classes", facts.words["box_classes"], "the classes of the training cases' boxes"),
    ):
        plan = decided(plan, decision, wishes)
    dims = int(facts.words["dims"][0])
    longest = Decision("longest", LONGEST[dims], "what is answered at once on this machine")
    plan = decided(plan, longest, wishes)
    plan = decided(plan, spacing_rule(facts, plan["longest"]), wishes)
    for name in ("spacing", "patch"):
        if name in wishes and len(wishes[name]) != dims:
            raise refuse(f"--set {name}", f"needs {dims} numbers, one for each axis of the images", "Give as many.")
    whole = _sized(plan, facts, budget, wishes, shrink=1)
    return (whole,) if "batch" in wishes else (whole, _sized(plan, facts, budget, wishes, shrink=4))


def object_side(facts: Facts) -> float:
    """The side, in the unit of the images, of a cube (square) as large as the typical object."""
    medians = _median_spacing(facts)
    return float((facts.median("object_size") * math.prod(medians)) ** (1 / len(medians)))


def _median_spacing(facts: Facts) -> list[float]:
    return [facts.median(f"spacing:{axis}") for axis in range(int(facts.words["dims"][0]))]


def spacing_rule(facts: Facts, longest: int) -> Decision:
    """As coarse as the objects allow, and as the images' size asks for; never finer than the images."""
    native, side = _median_spacing(facts), object_side(facts)
    far = max(facts.median(f"extent:{axis}") for axis in range(len(native)))
    wanted = max(side / OBJECT, min(far / longest, side / LEAST_OBJECT))
    spacing = [float(f"{max(step, wanted):.4g}") for step in native]
    elements = side / max(spacing)
    unit = facts.words["unit"][0]
    why = f"a typical object of {side:.3g} {unit} is {elements:.0f} elements wide, and images at most {longest} or so"
    if wanted <= min(native):
        why = f"that of the images: a typical object of {side:.3g} {unit} is {elements:.0f} elements wide"
    return Decision("spacing", spacing, why)


def stages_rule(
    patch: Sequence[int], spacing: Sequence[float], side: float, stages: int
) -> tuple[Decision, Decision, Decision]:
    """Strides, kernels, and the stage of the cells: of four elements as in the paper, fewer for small objects."""
    width = side / min(spacing)
    cell = next((r for r in (4, 2) if width / r >= CELLS), 1)
    size, step = [float(n) for n in patch], list(spacing)
    strides, kernels = [], []
    for stage in range(stages):
        halves = stage > 0 or cell > 1
        row = [2 if halves and n >= 4 and s <= 2 * min(step) else 1 for n, s in zip(size, step, strict=True)]
        strides.append(row)
        kernels.append([1 if s > 2 * min(step) else 3 for s in step])
        size = [math.ceil(n / r) for n, r in zip(size, row, strict=True)]
        step = [s * r for s, r in zip(step, row, strict=True)]
    level = min(1 if cell == 4 else 0, stages - 1)
    return (
        Decision("strides", strides, "each stage halves; coarse axes wait"),
        Decision("kernels", kernels, "3 along every axis, 1 along a much coarser one"),
        Decision("level", level, f"cells of {cell} elements: a typical object of {width:.0f} has {width / cell:.0f}"),
    )


def _sized(plan: Plan, facts: Facts, budget: Budget, wishes: Mapping[str, Any], *, shrink: int) -> Plan:
    shape = shape_of(facts, plan["spacing"])
    elements = wishes.get("patch_elements", ELEMENTS[shape.dims])
    window = patch_rule(shape, elements)
    stages = len(wishes.get("features", range(STAGES)))
    strides, kernels, level = stages_rule(wishes.get("patch", window.value), shape.spacing, object_side(facts), stages)
    multiple = [math.prod(axis) for axis in zip(*wishes.get("strides", strides.value), strict=False)]
    patch = [max(m, math.ceil(n / m) * m) for n, m in zip(window.value, multiple, strict=False)]
    first = 16 if all(device == "cpu" for device in budget.devices) else 32
    is_volume = shape.dims == 3
    is_fast = has_fast_bfloat16()
    for decision in (
        Decision("patch_elements", elements, "what a step can hold on this machine"),
        Decision("patch", patch, window.why),
        strides,
        kernels,
        level,
        Decision("features", [min(first * 2**n, 256) for n in range(stages)], f"{first}, doubled at each stage"),
        Decision("blocks", 1, "enough to see a typical object as a whole"),
        Decision("batch", max(1, BATCH[shape.dims] // shrink), "small batches learn faster in little time"),
        Decision("steps", STEPS, "until the rehearsal says what the time allows"),
        Decision("timed", budget.seconds is not None, "minutes were given" if budget.seconds else "no minutes given"),
        Decision("validate_every", max(1, STEPS // 10), "ten looks at the validation cases in a run"),
        Decision("learning_rate", 2e-3, "AdamW on small networks"),
        Decision("weight_decay", 1e-2, "AdamW's own default"),
        Decision(
            "precision",
            "bf16" if is_fast else "fp32",
            "this machine multiplies bfloat16 about twice as fast" if is_fast else "this machine has no fast bfloat16",
        ),
        Decision("object_share", 0.67, "two of three windows show an object for sure, where they do not show all"),
        Decision("scale", 1.25, "sizes vary by a quarter"),
        Decision("flip_axes", [] if is_volume else [0, 1], "sides matter" if is_volume else "no left or right"),
        Decision("overlap", 0.5, "peaks are one to an object; two boxes of which more is shared are of one object"),
        Decision("lowest_score", 0.1, "what is less sure adds false boxes and hardly any true one"),
    ):
        plan = decided(plan, decision, wishes)
    refuse_misfit(plan)
    return plan
