"""What a person gives to `train` instead of letting it decide: a plan of their own, a model to start from."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from hounsfield.registry.table import UnknownName
from hounsfield.seam import read_card
from hounsfield.values import Plan, Problem, Refused, refuse
from hounsfield.verbs.beforehand import check_model

if TYPE_CHECKING:
    from hounsfield.packages.package import Package
    from hounsfield.verbs.packages import Openable
    from hounsfield.verbs.question import Question

AGAIN = "Give a plan written by `hounsfield plan --json`."


@dataclass(frozen=True)
class Given:
    """A plan to follow and a package to start from, where there is one."""

    plan: Plan | None = None
    start: Package | None = None

    @staticmethod
    def of(plan: str | Path | Plan | None, start_from: Openable | None) -> Given:
        """Both read and checked. Raises Refused where one is not what it should be."""
        followed = None if plan is None else checked(plan)
        if start_from is None:
            return Given(followed)
        check_model(start_from)
        from hounsfield.verbs.packages import load  # heavy: not for those who only ask

        return Given(followed, load(start_from))

    def narrowed(self, question: Question) -> Question:
        """The question with the plan's task and method. Raises Refused where it decides otherwise than the plan."""
        if self.plan is None:
            return question
        for name in ("task", "method"):
            asked, planned = getattr(question, name), getattr(self.plan, name)
            if asked not in (None, planned):
                raise refuse("--plan", f"is for {planned}, and --{name} {asked} was given", f"Leave out --{name}.")
        decided = {
            "--set": bool(question.words),
            "--steps": question.steps is not None,
            "--minutes": question.minutes is not None and self.plan.get("timed") is False,
        }
        for option in (option for option, is_given in decided.items() if is_given):
            raise refuse("--plan", f"has decided that, and {option} was given too", f"Edit it, or leave out {option}.")
        return replace(question, task=self.plan.task, method=self.plan.method)

    def asked(self) -> dict[str, str]:
        """Option -> what was given, as its digest."""
        words = {}
        if self.plan is not None:
            words["--plan"] = sha256(json.dumps(self.plan.to_json(), sort_keys=True).encode()).hexdigest()[:12]
        if self.start is not None:
            words["--start-from"] = self.start.digest[:12]
        return words


def checked(given: str | Path | Plan) -> Plan:
    """A plan that its method can obey. Raises Refused for another."""
    plan = given if isinstance(given, Plan) else read_plan(Path(given))
    where = "the plan" if isinstance(given, Plan) else str(given)
    try:
        read_card(plan.method).check(plan)
    except UnknownName as error:
        raise refuse(where, f"is for a method that is not here. {error}", AGAIN) from None
    except Refused as refusal:
        problems = refusal.problems
        raise Refused(
            Problem(f"{where}, {p.where.removeprefix('plan: ')}", p.what, p.remedy) for p in problems
        ) from None
    return plan


def read_plan(path: Path) -> Plan:
    """The plan of a JSON file, as `plan --json` or a package's plan.json has it."""
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return Plan.from_json(data.get("plan", data))
    except OSError as error:
        raise refuse(path, f"can not be read ({error.strerror})", AGAIN) from None
    except (KeyError, TypeError, AttributeError, ValueError):
        raise refuse(path, "is not in the form of a plan", AGAIN) from None
