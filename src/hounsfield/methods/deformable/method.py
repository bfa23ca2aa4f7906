"""Registration without training: an affine map, then a smooth displacement, each found for the pair at hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hounsfield.inference.images import load_images
from hounsfield.inference.trained import TrainedMethod
from hounsfield.methods.deformable.alignment import align
from hounsfield.methods.deformable.bending import Splines, bend
from hounsfield.methods.deformable.pyramid import LIKENESS, pyramid
from hounsfield.ops.resampling import canonical_grid, uncanonical
from hounsfield.planning.wishes import decided
from hounsfield.seam import Cases, RunContext, read_card
from hounsfield.values import (
    Budget,
    Case,
    Decision,
    Facts,
    Findings,
    Image,
    Limits,
    Plan,
    Setting,
    State,
    Transform,
    refuse,
)

ROLES = ("fixed", "moving")


class Deformable:
    """Everything happens in `answer`: the state is empty."""

    card = read_card("deformable")

    def candidates(self, facts: Facts, budget: Budget, wishes: Mapping[str, Any]) -> Sequence[Plan]:
        """One plan, whatever the data: only the smoothness follows from another decision."""
        plan = Plan("deformable", "registration")
        smoothness = SMOOTHNESS[wishes.get("similarity", "lncc")]
        for decision in (*DEFAULTS, smoothness):
            plan = decided(plan, decision, wishes)
        return (plan,)

    def fit(self, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
        """Nothing is learnt: an empty state."""
        if start is not None:
            raise refuse("--start-from", "has nothing to start: the method deformable learns nothing", "Leave it out.")
        return State()

    def open(self, plan: Plan, state: State, setting: Setting) -> Registering:
        """Ready to register pairs on the setting's device."""
        return Registering(plan, setting.device)


@dataclass
class Registering(TrainedMethod):
    """Registers the pair of a case."""

    plan: Plan
    device: str

    def evidence(self, case: Case, limits: Limits) -> Findings:
        """The transform from the fixed world to the moving world."""
        fixed, moving = load_images(case, ROLES)
        _refuse_unfit(case, fixed, moving)
        return Findings(register(self.plan, fixed, moving, self.device))


def register(plan: Plan, fixed: Image, moving: Image, device: str = "cpu") -> Transform:
    """T(x) = A (x + u(x)), found at a few resolutions, coarse to fine. The same pair gives the same transform."""
    levels = pyramid(
        fixed,
        moving,
        levels=plan["levels"],
        most_elements=plan["most_elements"],
        similarity=plan["similarity"],
        device=device,
    )
    like = LIKENESS[plan["similarity"]]
    aligned = align(levels, like, iterations=plan["affine_iterations"])
    affine = aligned.affine(canonical_grid(fixed.grid), canonical_grid(moving.grid))
    if plan["kind"] == "affine":
        return Transform(fixed.grid, moving.grid, affine)
    own = canonical_grid(fixed.grid)
    splines = Splines(own, levels[0].fixed.device)
    bend(
        levels,
        like,
        aligned,
        splines,
        iterations=plan["iterations"],
        apart=plan["control_elements"],
        smoothness=plan["smoothness"],
    )
    u = splines.on(own).detach().cpu().numpy().astype(np.float32)
    return Transform(fixed.grid, moving.grid, affine, uncanonical(u, own, fixed.grid))


def _refuse_unfit(case: Case, fixed: Image, moving: Image) -> None:
    if (fixed.grid.ndim, fixed.grid.frame) != (moving.grid.ndim, moving.grid.frame):
        what = f"has a fixed image on {fixed.grid} and a moving one on {moving.grid}"
        raise refuse(case.id, what, "Give two volumes or two pictures.")
    for role, image in zip(ROLES, (fixed, moving), strict=True):
        if image.channels != 1:
            what = f"has a {role} image of {image.channels} channels"
            raise refuse(case.id, what, "Give single-channel images.")


DEFAULTS = (
    Decision("kind", "deformable", "an affine map alone leaves what differs inside"),
    Decision("similarity", "lncc", "local correlation: brightness may differ from place to place"),
    Decision("levels", 3, "coarse to fine: large movements first"),
    Decision("most_elements", 2**18, "what the finest level compares; more takes longer and moves little"),
    Decision("affine_iterations", 40, "60 gain less than 0.005 of Dice over 30, on ten pairs of hippocampi"),
    Decision("iterations", 40, "60 gain less than 0.005 of Dice over 30, on ten pairs of hippocampi"),
    Decision("control_elements", 4.0, "3 moves Dice by less than 0.005 and takes longer, on ten pairs of hippocampi"),
)

_LNCC = Decision("smoothness", 0.5, "twice of it loses 0.01 of Dice, less gains nothing, on ten pairs of hippocampi")
SMOOTHNESS = {
    "lncc": _LNCC,
    "ncc": _LNCC,
    "mind": Decision("smoothness", 0.05, "descriptors differ by less than correlations do"),
}

METHOD = Deformable()
