"""How a transform looks without a truth: alikeness by numpy, folding and the inverse by construction."""

import numpy as np
import pytest

from hounsfield.evaluation.quality import Quality, carried_correlation, quality
from hounsfield.values import Grid, Image, Transform

GRID = Grid.regular((12, 10, 8), (2.0, 1.0, 1.0))
FIXED = np.random.default_rng(0).normal(size=GRID.shape).astype(np.float32)


def moved_by(mm: float) -> Transform:
    affine = np.eye(4)
    affine[0, 3] = mm
    return Transform(GRID, GRID, affine)


def test_quality_of_the_true_shift_is_perfect() -> None:
    """The moving image is the fixed one, an element of 2 mm further on."""
    moving = np.concatenate([FIXED[:1], FIXED[:-1]])
    found = quality(moved_by(2.0), Image.of(FIXED, GRID), Image.of(moving, GRID))
    before = np.corrcoef(FIXED.ravel(), moving.ravel())[0, 1]
    assert found == Quality(pytest.approx(before), pytest.approx(1.0), 0.0, pytest.approx(0.0, abs=1e-9))


def test_quality_is_told_of_what_both_show() -> None:
    """Carried by three elements, the last three show nothing."""
    moving = np.random.default_rng(1).normal(size=GRID.shape).astype(np.float32)
    found = carried_correlation(moved_by(6.0), Image.of(FIXED, GRID), Image.of(moving, GRID))
    assert found == pytest.approx(np.corrcoef(FIXED[:-3].ravel(), moving[3:].ravel())[0, 1])
    assert np.isnan(carried_correlation(moved_by(100.0), Image.of(FIXED, GRID), Image.of(moving, GRID)))


def test_quality_says_what_folds() -> None:
    """Half of the field is turned inside out: x -> x - 1.5 x along the first axis, in the upper half."""
    u = np.zeros((3, *GRID.shape), np.float32)
    u[0] = -1.5 * np.maximum(0, 2.0 * (np.arange(12) - 5))[:, None, None]
    image = Image.of(FIXED, GRID)
    slopes = np.gradient(u[0, :, 0, 0], 2.0)
    assert quality(Transform(GRID, GRID, np.eye(4), u), image, image).folding == np.mean(1 + slopes <= 0)
