"""Contract client 1: a two-level U-Net on phantoms of 16 x 16 x 16, killed for real."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from contract_killed import killed
from contract_subjects import Subject, registered

from hounsfield.methods.unet.preparation import IGNORE
from hounsfield.training.clock import WallClock
from hounsfield.values import LabelMap, equal


def subject() -> Subject:
    return registered("unet", "segmentation")


def test_client_unet_has_two_levels() -> None:
    plan = subject().plan
    assert len(plan["strides"]) == 2
    assert plan["patch"] == [16, 16, 16]


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.large)])
def test_client_unet_killed_at_random_moments_reaches_the_same_state(kills: int, tmp_path: Path) -> None:
    rng = random.Random(kills)
    died = [killed(Path(__file__), tmp_path, rng) for _ in range(kills)]
    assert any(died)
    resumed = subject().fit(tmp_path, clock=WallClock())
    assert equal(resumed, subject().state)


def test_client_unet_learns_nothing_from_the_unknown() -> None:
    """Where the truth is unknown, the gradient of the loss is zero, and what is said there does not change the loss."""
    rng = np.random.default_rng(0)
    target = torch.from_numpy(rng.integers(0, 6, (2, 8, 8, 8)))
    target[:, :4] = IGNORE
    logits = torch.from_numpy(rng.normal(size=(2, 6, 8, 8, 8))).requires_grad_()
    batch = {"image": torch.zeros(2, 1, 8, 8, 8), "target": target}
    losses = subject().method.losses(lambda inputs: {"out": logits}, batch, rng)  # type: ignore[attr-defined]
    losses.sum().backward()
    assert logits.grad is not None
    assert torch.count_nonzero(logits.grad[:, :, :4]) == 0
    assert torch.count_nonzero(logits.grad[:, :, 4:]) > 0
    other = logits.detach().clone()
    other[:, :, :4] = 100 * torch.rand(2, 6, 4, 8, 8)
    again = subject().method.losses(lambda inputs: {"out": other}, batch, rng)  # type: ignore[attr-defined]
    assert torch.equal(losses, again)


def test_client_unet_answers_a_strange_grid_on_that_grid() -> None:
    """An oblique left-handed grid of another shape: the answer has it, bit for bit."""
    case = subject().held_out
    answer = subject().answer(case).main
    assert isinstance(answer, LabelMap)
    assert np.array_equal(answer.grid.affine, case.inputs["image"].load().grid.affine)
