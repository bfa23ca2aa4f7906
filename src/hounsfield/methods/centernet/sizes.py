"""What follows from a plan's stages: cells, and which windows fit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hounsfield.values import Plan, refuse


def cell_stride(plan: Plan) -> tuple[int, ...]:
    """Elements that a cell covers along each axis."""
    return _product(plan["strides"][: plan["level"] + 1])


def total_stride(plan: Plan) -> tuple[int, ...]:
    """Elements that a place of the coarsest stage covers along each axis."""
    return _product(plan["strides"])


def _product(strides: Sequence[Sequence[int]]) -> tuple[int, ...]:
    return tuple(math.prod(axis) for axis in zip(*strides, strict=True))


def refuse_misfit(plan: Plan) -> None:
    """Raises Refused where a plan's sizes, wished or edited by hand, do not go together."""
    dims, stages = len(plan["spacing"]), len(plan["features"])
    faults = {}
    for name in ("strides", "kernels"):
        rows = plan[name]
        if len(rows) != stages or any(len(row) != dims or min(row) < 1 for row in rows):
            faults[name] = f"needs a row for each of {stages} stages, each of {dims} numbers from 1 on"
    if dims not in (2, 3):
        faults["spacing"] = "needs two or three numbers"
    elif any(k % 2 == 0 for row in plan["kernels"] for k in row):
        faults["kernels"] = "needs odd numbers"
    elif not 0 <= plan["level"] < stages:
        faults["level"] = f"names one of the stages 0 to {stages - 1}"
    if any(axis >= dims for axis in plan["flip_axes"]):
        faults["flip_axes"] = f"names axes of the {dims}"
    if not faults:
        multiple = total_stride(plan)
        if len(plan["patch"]) != dims or any(n % m for n, m in zip(plan["patch"], multiple, strict=True)):
            faults["patch"] = f"needs {dims} numbers, multiples of {', '.join(map(str, multiple))}"
    for name, fault in faults.items():
        raise refuse(f"plan: {name}", f"{fault}, and is {plan[name]}", "Wish for all the sizes that change together.")
