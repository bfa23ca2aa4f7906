"""Which cases belong together because they share a patient, each with the next."""

from __future__ import annotations

from collections.abc import Iterable

from hounsfield.values.case import Case


def groups_of(cases: Iterable[Case]) -> dict[str, str]:
    """Case id -> its group: the first, by the alphabet, of the names that hold the group's cases together.

    Two cases are in one group where a chain of cases leads from one to the other, each sharing a name with the next.
    """
    cases = tuple(cases)
    leads_to: dict[str, str] = {}

    def root(name: str) -> str:
        while (above := leads_to.setdefault(name, name)) != name:
            leads_to[name] = leads_to[above]  # halves the way for who asks next
            name = above
        return name

    for case in cases:
        first, *others = sorted({root(name) for name in case.bonds})
        leads_to.update(dict.fromkeys(others, first))
    return {case.id: root(case.bonds[0]) for case in cases}
