"""What a run learns is learnt once: as a whole, and each of its stages, members and folds."""

from __future__ import annotations

import math
from collections.abc import Callable

from hounsfield.planning.choice import timed
from hounsfield.seam import Cases, Checkpoint, Method, RunContext
from hounsfield.training.rehearsal import rehearse
from hounsfield.values import Budget, Part, Plan, State

FINISHED = "finished"
PACE = ("steps", "validate_every")


def learnt(method: Method, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> Part:
    """A part of a run, learnt under a context of its own; one that an interrupted run has finished is as it was left.

    A plan that goes by time is given the steps that fit into the context's time.
    """

    def learn() -> Part:
        own = _in_time(method, plan, cases, ctx)
        return Part(own, method.fit(own, cases, ctx, start))

    return once(learn, ctx)


def once(learn: Callable[[], Part], ctx: RunContext) -> Part:
    """What `learn` gives, kept as soon as it is there; a resumed run that had come so far is given the same again."""
    finished = ctx.checkpoints.read(FINISHED)
    if finished is not None:
        return finished.state.parts[FINISHED]
    part = learn()
    ctx.checkpoints.write(FINISHED, Checkpoint(0, State(parts={FINISHED: part}), spent=ctx.clock.spent()))
    return part


def _in_time(method: Method, plan: Plan, cases: Cases, ctx: RunContext) -> Plan:
    """The plan with the steps that a rehearsal finds the time for; written down, and on resume decided alike."""
    left = ctx.clock.left()
    if not plan.get("timed", False) or math.isinf(left):
        return plan
    decided = [decision for step, decision in ctx.track.decisions() if step == 0 and decision.what in PACE]
    if not decided and left > 0:
        rehearsal = rehearse(method, plan, cases, ctx.fabric, seed=ctx.seed)
        seconds = max(0.0, ctx.clock.left() - rehearsal.seconds_to_validate)  # the last look comes after the last step
        decided = [d for d in timed(plan, rehearsal, Budget(seconds=seconds)).decisions if d.what in PACE]
        for decision in decided:
            ctx.track.decision(0, decision)
    for decision in decided:
        plan = plan.decide(decision.what, decision.value, decision.why)
    return plan
