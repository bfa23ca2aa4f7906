"""How many steps the time allows: decided at fixed steps, written before it takes effect, replayed on resume."""

from __future__ import annotations

import math
from collections.abc import Sequence

from hounsfield.seam import RunContext
from hounsfield.values import Decision, Plan

CHECKS = 20  # looks at the clock in a run: often enough to end within a few percent of the time


def steps_done(plan: Plan, decisions: Sequence[tuple[int, Decision]]) -> int | None:
    """How many steps a finished run took: the plan's, or as many as was decided last. None for a plan without steps."""
    if "steps" not in plan:
        return None
    decided = {at: decision.value for at, decision in decisions if decision.what == "steps"}
    return int(decided[max(decided)] if decided else plan["steps"])


class Pace:
    """Holds a timed plan's number of steps to the clock."""

    def __init__(self, plan: Plan, ctx: RunContext, step: int) -> None:
        self.ctx = ctx
        self.every = max(1, plan["steps"] // CHECKS)
        self.recorded = {at: d for at, d in ctx.track.decisions() if d.what == "steps"}
        self.newest = max(self.recorded, default=-1)
        self.first_step, self.first_second = step, ctx.clock.spent()

    def resumed(self, plan: Plan, step: int) -> Plan:
        """The plan as it stood at `step` of the interrupted run."""
        for at in sorted(self.recorded):
            if at < step:
                plan = self._obey(plan, self.recorded[at])
        return plan

    def at(self, plan: Plan, step: int) -> Plan:
        """The plan from this step on."""
        if step in self.recorded:
            return self._obey(plan, self.recorded[step])
        is_due = step % self.every == 0 and step > max(self.newest, self.first_step)
        if not plan.get("timed", False) or not is_due or math.isinf(self.ctx.clock.left()):
            return plan
        a_step = (self.ctx.clock.spent() - self.first_second) / (step - self.first_step)
        steps = step + max(0, int(self.ctx.clock.left() / max(a_step, 1e-9)))
        steps = min(steps, plan.get("most_steps", steps))
        if abs(steps - plan["steps"]) <= 0.02 * plan["steps"]:
            return plan
        decision = Decision("steps", steps, f"at step {step} a step took {a_step:.3g} s: so many fit into the time")
        self.ctx.track.decision(step, decision)
        self.recorded[step] = decision
        return self._obey(plan, decision)

    def ended(self, plan: Plan, step: int) -> Plan:
        """The plan as it ends here, noted where the time was up, so that a resumed run ends at the same step."""
        if step >= plan["steps"]:
            return plan
        if step not in self.recorded:
            self.recorded[step] = Decision("steps", step, "the time was up")
            self.ctx.track.decision(step, self.recorded[step])
        return self._obey(plan, self.recorded[step])

    @staticmethod
    def _obey(plan: Plan, decision: Decision) -> Plan:
        return plan.decide("steps", decision.value, decision.why)
