"""The page that inspect leaves where it is asked for one."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from hounsfield.figures.thumbnail import thumbnail
from hounsfield.reports.audit_page import AuditContent, audit_page, pictured_cases
from hounsfield.values import Case, Dataset, Fault, Image, Refused
from hounsfield.verbs.counting import count

MOST_PICTURES = 60  # each is an image read once more


def inspection_page(dataset: Dataset, rows: Sequence[tuple[str, str]], faults: Sequence[Fault]) -> str:
    """What is there and what is wrong with it, as HTML, with pictures of the cases concerned."""
    cases = {case.id: case for case in dataset}
    pictures = {i: _picture(cases[i]) for i in pictured_cases(faults, MOST_PICTURES) if i in cases}
    return audit_page(
        AuditContent(
            title=f"What is in {dataset.where}",
            summary=_summary(len(faults), len(dataset)),
            command=f"hounsfield inspect {shlex.quote(dataset.where)}",
            rows=rows,
            faults=faults,
            pictures={case_id: png for case_id, png in pictures.items() if png is not None},
        )
    )


def _summary(faults: int, cases: int) -> str:
    if not faults:
        return f"Nothing looks wrong in {count(cases, 'case')}."
    return f"{count(faults, 'thing')} that may be wrong in {count(cases, 'case')}, the surest first."


def _picture(case: Case) -> bytes | None:
    """The first image of a case in small; None where there is none that can be read."""
    image = next((value for value in case.inputs.values() if issubclass(value.kind, Image)), None)
    try:
        return None if image is None else thumbnail(image.load())
    except Refused:
        return None
