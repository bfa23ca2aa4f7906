"""Rules and wishes: a wish wins over the rule, and the plan says so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hounsfield.values import Decision, Plan


def decided(plan: Plan, decision: Decision, wishes: Mapping[str, Any]) -> Plan:
    """The plan with a rule's decision, or with what was wished instead."""
    if decision.what in wishes:
        return plan.decide(decision.what, wishes[decision.what], "wished")
    return plan.decide(decision.what, decision.value, decision.why)
