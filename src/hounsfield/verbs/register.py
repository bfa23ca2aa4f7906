"""register: the transform between two images, found for this pair alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hounsfield.evaluation.alikeness import carried_correlation
from hounsfield.evaluation.registration import FOLDING
from hounsfield.layouts.single_images import single_case
from hounsfield.ops.fields import invert_points, transform_points
from hounsfield.planning.device import devices
from hounsfield.planning.fingerprint import facts_of_inputs
from hounsfield.registry.tables import METHODS, TASKS
from hounsfield.seam import read_card
from hounsfield.values import Budget, Case, Findings, Limits, Plan, Setting, State, Transform, refuse

TASK = "registration"
SAMPLE = 20_000  # elements at which the inverse is tried


@dataclass(frozen=True)
class Registered:
    """A transform and how good it looks: correlation before and after, share that folds, error of its inverse in mm."""

    files: tuple[Path, ...]
    transform: Transform
    plan: Plan
    before: float
    after: float
    folding: float
    residual_mm: float
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of everything said."""
        numbers = {name: getattr(self, name) for name in ("before", "after", "folding", "residual_mm", "seconds")}
        said = {name: None if value != value else value for name, value in numbers.items()}
        return {"files": [str(file) for file in self.files], **said, "plan": self.plan.to_json()}

    def __repr__(self) -> str:
        return (
            f"{self.transform!r}: correlation {self.before:.3f} before, {self.after:.3f} after; "
            f"{100 * self.folding:.2g} % folds; the inverse misses by {self.residual_mm:.2g} mm at worst; "
            f"{self.seconds:.1f} s"
        )


def register(
    fixed: str | Path,
    moving: str | Path,
    *,
    out: str | Path,
    method: str | None = None,
    wishes: Sequence[tuple[str, str]] = (),
) -> Registered:
    """Find the transform from the fixed image's world to the moving one's and write it: OUT.json with its fields.

    For methods that learn nothing beforehand; a trained model registers through `predict`. wishes: options of the
    method as (name, word). Raises Refused where a file or a wish is wrong, or something of this name is there.
    """
    stem = Path(str(out).removesuffix(".json"))
    if any(stem.with_name(stem.name + suffix).exists() for suffix in (".json", ".nii.gz")):
        raise refuse(stem.with_name(f"{stem.name}.json"), "is there already", "Give another --out, or move it away.")
    began = time.monotonic()
    case = replace(single_case({"fixed": Path(fixed), "moving": Path(moving)}), id=stem.name)
    plan = _plan(case, method, wishes)
    trained = METHODS.load(plan.method).open(plan, State(), Setting(devices()[0]))
    findings = trained.answer(case, Limits())
    files = TASKS.load(TASK).write(findings, stem, case)
    return _measured(case, findings, plan, tuple(files), time.monotonic() - began)


def _plan(case: Case, method: str | None, wishes: Sequence[tuple[str, str]]) -> Plan:
    """The method's first plan for this pair. Raises Refused for a method that has to be trained, or of another task."""
    facts = facts_of_inputs(case)
    card = read_card(method or TASKS.load(TASK).default(facts).value)
    if TASK not in card.tasks:
        raise refuse(f"--method {card.name}", f"does {', '.join(card.tasks)}", "Leave it out: a default is taken.")
    if card.has_state:
        remedy = "Train it (hounsfield train --task registration), then use hounsfield predict."
        raise refuse(f"--method {card.name}", "has to learn before it registers", remedy)
    values = card.wishes(dict(wishes))
    plan: Plan = METHODS.load(card.name).candidates(facts, Budget(devices=devices()), values)[0]
    return plan


def _measured(case: Case, findings: Findings, plan: Plan, files: tuple[Path, ...], seconds: float) -> Registered:
    found = findings.main
    assert isinstance(found, Transform), "the task registration answers with transforms"
    fixed, moving = (case.inputs[role].load() for role in ("fixed", "moving"))
    as_placed = Transform(found.fixed_grid, found.moving_grid, np.eye(found.fixed_grid.ndim + 1))
    return Registered(
        files=files,
        transform=found,
        plan=plan,
        before=carried_correlation(as_placed, fixed, moving),
        after=carried_correlation(found, fixed, moving),
        folding=FOLDING.items(findings, case)[0].numbers[0],
        residual_mm=_residual(found),
        seconds=round(seconds, 2),
    )


def _residual(t: Transform) -> float:
    """The largest error in mm of T^-1 at what T makes of a regular sample of the fixed image's elements."""
    every = max(1, int(np.prod(t.fixed_grid.shape)) // SAMPLE)
    index = np.array(np.unravel_index(np.arange(0, np.prod(t.fixed_grid.shape), every), t.fixed_grid.shape)).T
    points = transform_points(t.fixed_grid.to_world(index), t.affine, t.displacement, t.fixed_grid)
    _, residual = invert_points(points, t.affine, t.displacement, t.fixed_grid)
    return float(residual.max())
