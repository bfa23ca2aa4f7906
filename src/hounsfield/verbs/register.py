"""register: the transform between two images, found for this pair alone."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hounsfield.answers.writing import make_way
from hounsfield.evaluation.quality import Quality
from hounsfield.layouts.single_images import single_case
from hounsfield.planning.device import devices
from hounsfield.planning.fingerprint import facts_of_inputs
from hounsfield.registry.tables import METHODS
from hounsfield.seam import read_card
from hounsfield.tasks.registration import TASK, quality_of, transform_of
from hounsfield.training.track import Watcher, nobody
from hounsfield.values import Budget, Case, Limits, Plan, Setting, State, Transform
from hounsfield.verbs.beforehand import check_pair


@dataclass(frozen=True)
class Registered(Quality):
    """A transform, how it looks on its pair of images, how it was found, and where it was written."""

    files: tuple[Path, ...]
    transform: Transform
    plan: Plan
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
    watch: Watcher = nobody,
) -> Registered:
    """Find the transform from the fixed image's world to the moving one's and write it: OUT.json with its fields.

    For methods that learn nothing beforehand; a trained model registers through `predict`. wishes: options of the
    method as (name, word). Raises Refused where a file or a wish is wrong, or something of this name is there.
    """
    stem = check_pair(fixed, moving, out, method, wishes)
    began = time.monotonic()
    make_way(stem.with_name(f"{stem.name}.json"))
    case = single_case({"fixed": Path(fixed), "moving": Path(moving)}).renamed(stem.name)
    watch({"stage": "registering", "done": 0, "total": 1})
    plan = _plan(case, method, wishes)
    trained = METHODS.load(plan.method).open(plan, State(), Setting(devices()[0]))
    findings = trained.answer(case, Limits())
    watch({"stage": "registering", "done": 1, "total": 1})
    files = tuple(TASK.write(findings, stem, case))
    seconds = round(time.monotonic() - began, 2)
    watch({"stage": "measuring", "done": 0, "total": 1})
    looks = quality_of(findings, case)
    watch({"stage": "measuring", "done": 1, "total": 1})
    return Registered(**vars(looks), files=files, transform=transform_of(findings), plan=plan, seconds=seconds)


def _plan(case: Case, method: str | None, wishes: Sequence[tuple[str, str]]) -> Plan:
    """The method's first plan for this pair."""
    facts = facts_of_inputs(case)
    card = read_card(method or TASK.default(facts).value)
    values = card.wishes(dict(wishes))
    plan: Plan = METHODS.load(card.name).candidates(facts, Budget(devices=devices()), values)[0]
    return plan
