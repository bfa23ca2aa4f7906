"""The choice between plans under a budget: pure."""

from __future__ import annotations

from collections.abc import Sequence

from hounsfield.values import Budget, MiB, Plan, Problem, Refused, Rehearsal

MOST_LOOKS = 10  # at the validation cases in a run
SHARE_FOR_LOOKS = 0.1  # of the time
SHARE_FOR_STEPS = 0.9  # of the time; the rest is for preparing, validating and writing


def choose(candidates: Sequence[Plan], rehearsals: Sequence[Rehearsal], budget: Budget) -> tuple[Plan, Rehearsal]:
    """The first candidate that fits into memory and disk, its steps set to what the time allows; and its rehearsal.

    Raises Refused where none fits, saying what each would need.
    """
    problems = []
    for plan, rehearsal in zip(candidates, rehearsals, strict=True):
        problem = misfit(plan, rehearsal, budget)
        if problem is None:
            return timed(plan, rehearsal, budget), rehearsal
        problems.append(problem)
    raise Refused(problems)


def misfit(plan: Plan, rehearsal: Rehearsal, budget: Budget) -> Problem | None:
    """Why a plan does not fit into the budget, or None."""
    if budget.ram is not None and rehearsal.bytes > budget.ram:
        what = f"needs {rehearsal.bytes / MiB:,.0f} MiB of memory, of {budget.ram / MiB:,.0f} allowed"
        return Problem(
            f"plan of {plan.method}", what, "Allow more memory, or ask for a smaller patch with --set patch."
        )
    if budget.disk is not None and rehearsal.disk > budget.disk:
        what = f"needs {rehearsal.disk / MiB:,.0f} MiB of disk, of {budget.disk / MiB:,.0f} free"
        return Problem(f"plan of {plan.method}", what, "Free some disk, or put --out on a larger one.")
    return None


def timed(plan: Plan, rehearsal: Rehearsal, budget: Budget) -> Plan:
    """The plan with as many steps as fit into the time, no more than the plan's "most_steps" where it decides that.

    It stays as it is where steps were counted or cost nothing.
    """
    if budget.seconds is None or not plan.get("timed", False) or rehearsal.seconds_per_step <= 0:
        return plan
    seconds = SHARE_FOR_STEPS * max(0.0, budget.seconds - rehearsal.seconds_to_prepare)
    steps = max(1, int(seconds / rehearsal.seconds_per_step))
    a_step = f"a step takes {rehearsal.seconds_per_step:.3g} s in rehearsal"
    why = f"{a_step}: so many fit into {budget.seconds / 60:.3g} minutes"
    if steps > plan.get("most_steps", steps):
        steps, why = plan["most_steps"], f"{a_step}: the time allows more than the most that help"
    plan = plan.decide("steps", steps, why)
    if "validate_every" in plan:
        looks = affordable_looks(rehearsal, budget.seconds)
        why = f"{looks} looks at the validation cases, of {rehearsal.seconds_to_validate:.2g} s each"
        plan = plan.decide("validate_every", max(1, steps // looks), why)
    return plan


def affordable_looks(rehearsal: Rehearsal, seconds: float) -> int:
    """How often the validation cases may be looked at: once at least, and no more than a tenth of the time allows."""
    if rehearsal.seconds_to_validate <= 0:
        return MOST_LOOKS
    return int(min(MOST_LOOKS, max(1, SHARE_FOR_LOOKS * seconds / rehearsal.seconds_to_validate)))


def is_timed(plan: Plan) -> bool:
    """Whether a plan, or one of its stages or members, goes by time."""
    return bool(plan.get("timed", False)) or any(is_timed(part) for part in plan.parts.values())
