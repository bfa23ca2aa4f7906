"""Cases made ready for batches, once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from hounsfield.seam import RunContext
from hounsfield.training.repeating import Arrays, Repeats
from hounsfield.values import Case, Plan


def prepare_all(method: Repeats, plan: Plan, cases: Sequence[Case], ctx: RunContext) -> list[Arrays]:
    """Every case as arrays, from the cache where it was prepared before."""
    read = Plan(plan.method, plan.task, tuple(d for d in plan.decisions if d.what in method.prepared_by))
    decided = json.dumps([[d.what, d.value] for d in read.decisions])
    prepared = []
    for number, case in enumerate(cases):
        ctx.track.stage("preparing", number, len(cases))
        key = f"{method.card.name}\n{decided}\n{case.digest()}"
        prepared.append(ctx.cache.get(key, partial(method.prepare, read, case)))
    ctx.track.stage("preparing", len(cases), len(cases))
    return prepared
