"""One thread for every contract test: its equalities are to the bit."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
import torch

from hounsfield.registry.tables import METHODS, TASKS
from hounsfield.training import loop


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(autouse=True)
def checkpoints_every_third_step(monkeypatch: pytest.MonkeyPatch) -> None:
    """Seconds are steps under a StepClock."""
    monkeypatch.setattr(loop, "CHECKPOINT_SECONDS", 3.0)


@pytest.fixture
def client(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The METHOD (and TASK) of the test's own file under their names, as an entry point would bring them."""
    module = request.module
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setitem(METHODS.targets, module.METHOD.card.name, f"{module.__name__}:METHOD")
    if hasattr(module, "TASK"):
        monkeypatch.setitem(TASKS.targets, module.TASK.name, f"{module.__name__}:TASK")
