"""The training loop: the only one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hounsfield.seam import Cases, Checkpoint, RunContext, Stopped
from hounsfield.training.pace import Pace
from hounsfield.training.prepared import prepare_all
from hounsfield.training.randomness import generator, torch_seeded
from hounsfield.training.repeating import Arrays, Repeats
from hounsfield.training.start import started_from
from hounsfield.training.validation import validation_score
from hounsfield.values import Decision, Plan, Setting, State

CHECKPOINT_SECONDS = 20.0


def repeat(method: Repeats, plan: Plan, cases: Cases, ctx: RunContext, start: State | None = None) -> State:
    """Repeat a method's step until the plan's steps or the time are used up; go on where an earlier run was.

    Step n draws from (seed, n), its batch from (seed, n, memory), so a run that was killed and resumed reaches the
    same state as one that was not. Raises Stopped, with everything saved, when asked to stop.
    """
    prepared = prepare_all(method, plan, cases.training, ctx)
    reached = ctx.checkpoints.read("last") or _first(method, plan, cases, ctx, start)
    step, memory, live = reached.step, reached.memory, method.thaw(plan, reached.state, ctx.fabric)
    pace, saved_at = Pace(plan, ctx, step), ctx.clock.spent()
    plan = pace.resumed(plan, step)
    while step < plan["steps"] and (ctx.clock.left() > 0 or step < pace.newest):
        plan = pace.at(plan, step)
        live, memory, scalars = one_step(method, plan, live, memory, prepared, ctx, step)
        step += 1
        ctx.track.scalar(step, plan["steps"], scalars)
        if step % plan.get("validate_every", step + 1) == 0 and step < plan["steps"]:
            _validate(method, plan, live, step, cases, ctx)
        try:
            ctx.clock.tick()
        except Stopped:
            _save(method, live, step, memory, ctx)
            raise
        if ctx.clock.spent() - saved_at >= CHECKPOINT_SECONDS:
            _save(method, live, step, memory, ctx)
            saved_at = ctx.clock.spent()
    plan = pace.ended(plan, step)
    _save(method, live, step, memory, ctx)
    return _best_or_last(method, plan, live, step, cases, ctx)


def one_step(
    method: Repeats,
    plan: Plan,
    live: Any,
    memory: Arrays,
    prepared: Sequence[Arrays],
    ctx: RunContext,
    step: int,
) -> tuple[Any, Arrays, dict[str, float]]:
    """Step `step` of a run: what is live afterwards, the memory, and numbers to write down."""
    if step % plan.get("refresh_every", step + 1) == 0:
        memory = method.refresh(plan, live, prepared, memory, generator(ctx.seed, step, purpose="refresh"))
    batch = method.batch(plan, prepared, ctx.seed, step, memory)
    rng = generator(ctx.seed, step, rank=ctx.fabric.global_rank)
    with torch_seeded(rng):
        live, scalars = method.step(plan, live, batch, rng)
    return live, memory, scalars


def _save(method: Repeats, live: Any, step: int, memory: Arrays, ctx: RunContext) -> None:
    ctx.checkpoints.write("last", Checkpoint(step, method.freeze(live), memory, spent=ctx.clock.spent()))


def _first(method: Repeats, plan: Plan, cases: Cases, ctx: RunContext, start: State | None) -> Checkpoint:
    state = method.begin(plan, cases, ctx.seed)
    if start is not None:
        state = started_from(state, start)
        ctx.track.decision(0, Decision("started_from", state.facts["started_from"], "arrays alike in name and shape"))
    return Checkpoint(0, state)


def _validate(method: Repeats, plan: Plan, live: Any, step: int, cases: Cases, ctx: RunContext) -> None:
    """Score the state on the validation cases, and keep it where it is the best so far."""
    state = method.freeze(live)
    here = Setting(str(ctx.fabric.device))
    score = validation_score(method, plan, method.finish(plan, state), cases.validation, here)
    if score is None:
        return
    ctx.track.scalar(step, plan["steps"], {"validation": score.shown})
    best = ctx.checkpoints.read("best")
    if best is None or best.score is None or score.merit > best.score:
        ctx.checkpoints.write("best", Checkpoint(step, state, score=score.merit))


def _best_or_last(method: Repeats, plan: Plan, live: Any, step: int, cases: Cases, ctx: RunContext) -> State:
    if "validate_every" in plan:
        _validate(method, plan, live, step, cases, ctx)
        best = ctx.checkpoints.read("best")
        if best is not None:
            return method.finish(plan, best.state)
    return method.finish(plan, method.freeze(live))
