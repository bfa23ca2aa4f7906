"""The page that inspect leaves where it is asked for one."""

from __future__ import annotations

import shlex

from hounsfield.reports.audit_page import AuditContent, Seen, audit_page, pictured
from hounsfield.values import Case, Fault
from hounsfield.values.wording import count
from hounsfield.verbs.fault_pictures import pictures_of
from hounsfield.verbs.inspection import Inspection

MOST_PICTURES = 60  # each is an image read once more


def inspection_page(found: Inspection) -> str:
    """What is there and what is wrong with it, as HTML, with pictures of the cases concerned."""
    also = found.newly_found()
    cases = {other.dataset.layout: {case.id: case for case in other.dataset} for other in (found, *found.also)}
    pictures: dict[Fault, list[Seen]] = {}
    left = MOST_PICTURES
    for layout, faults in ((found.dataset.layout, found.faults), *also.items()):
        new = _pictures(faults, cases[layout], left)
        left -= sum(map(len, new.values()))
        pictures |= new
    return audit_page(
        AuditContent(
            title=f"What is in {found.dataset.where}",
            summary=_summary(len(found.faults) + sum(map(len, also.values())), len(found.dataset)),
            command=f"hounsfield inspect {shlex.quote(found.dataset.where)}",
            folder=found.dataset.where,
            rows=found.rows(),
            faults=found.faults,
            also=also,
            pictures=pictures,
        )
    )


def _summary(faults: int, cases: int) -> str:
    if not faults:
        return f"Nothing looks wrong in {count(cases, 'case')}."
    return f"{count(faults, 'thing')} that may be wrong in {count(cases, 'case')}, the surest first."


def _pictures(faults: tuple[Fault, ...], cases: dict[str, Case], most: int) -> dict[Fault, list[Seen]]:
    """Pictures of the surest faults, as many as there is room for."""
    pictures: dict[Fault, list[Seen]] = {}
    for fault, ids in pictured(faults):
        if most <= 0:
            break
        found = pictures_of(fault, [cases[case_id] for case_id in ids if case_id in cases])[:most]
        most -= len(found)
        pictures[fault] = found
    return pictures
