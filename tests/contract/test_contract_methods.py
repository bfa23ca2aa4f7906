"""Every registered method holds the contract of the seam, on phantoms, at a tiny size."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from contract_properties import PROPERTIES, alone_or_in_turn
from contract_subjects import Subject, every_method, registered

SUBJECTS = every_method()


@pytest.fixture(params=SUBJECTS, ids="-".join)
def subject(request: pytest.FixtureRequest) -> Subject:
    return registered(*request.param)


@pytest.mark.parametrize("holds", PROPERTIES, ids=lambda p: p.__name__)
def test_method_holds(subject: Subject, holds: Callable[[Subject, Path], None], tmp_path: Path) -> None:
    holds(subject, tmp_path)


@pytest.mark.parametrize("number", range(len(SUBJECTS)), ids=["-".join(s) for s in SUBJECTS])
def test_method_is_alone_in_its_process(number: int, tmp_path: Path) -> None:
    name, other = SUBJECTS[number], SUBJECTS[(number + 1) % len(SUBJECTS)]
    alone_or_in_turn(registered(*name), tmp_path, registered(*other))
