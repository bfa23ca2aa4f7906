"""Intensities: hand-made numbers, constants and missing values."""

import numpy as np
import pytest

from hounsfield.ops.intensity import normalise, robust_range, window, zscore


def test_robust_range_ignores_what_is_not_finite():
    values = np.concatenate([np.arange(1001.0), [np.nan, np.inf, -np.inf]])
    assert robust_range(values) == pytest.approx((5.0, 995.0))
    assert robust_range(np.array([np.nan])) == (0.0, 0.0)


def test_zscore_over_a_mask():
    array = np.array([1.0, 3.0, 100.0])
    np.testing.assert_allclose(zscore(array, np.array([True, True, False])), [-1, 1, 98])
    assert np.all(zscore(array, np.zeros(3, bool)) == 0)


@pytest.mark.parametrize("value", [0.0, 1e-20, 0.1, -1024.0, 3e7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_constant_image_becomes_zero(value, dtype):
    array = np.full((1, 7, 9, 11), value, dtype)
    for how in ("zscore", "range"):
        assert np.all(normalise(array, how) == 0)


def test_window_is_a_radiologists():
    np.testing.assert_allclose(window(np.array([-2000, -160, 40, 240, 3000]), -160, 240), [0, 0, 0.5, 1, 1])
    assert np.all(window(np.array([1.0, 2.0]), 5, 5) == 0)


def test_ct_clips_and_scales_by_the_training_sets_numbers():
    scan = np.array([[-3000.0, 0.0, 100.0, 3000.0]])
    got = normalise(scan, "ct", low=-100, high=300, mean=100, sd=50)
    np.testing.assert_allclose(got, [[-4, -2, 0, 4]])
    with pytest.raises(ValueError, match="needs low, high, mean and sd"):
        normalise(scan, "ct", low=0)


def test_each_channel_is_normalised_for_itself():
    channels = np.stack([np.arange(100.0), 1000 + 5 * np.arange(100.0)])
    got = normalise(channels, "zscore")
    np.testing.assert_allclose(got[0], got[1], atol=1e-5)
    np.testing.assert_allclose(got.mean(axis=1), 0, atol=1e-6)
    np.testing.assert_allclose(got.std(axis=1), 1, atol=1e-6)
    got = normalise(channels, "range", low=[0, 1000], high=[99, 1495])
    np.testing.assert_allclose(got[:, [0, -1]], [[0, 1], [0, 1]])


def test_missing_values_are_filled_with_the_channels_median():
    channels = np.array([[0.0, 1.0, 2.0, np.nan, np.inf], [np.nan] * 5])
    got = normalise(channels, "range", low=0, high=2)
    np.testing.assert_allclose(got, [[0, 0.5, 1, 0.5, 0.5], [0] * 5])


def test_small_differences_on_a_large_level_are_kept():
    values = 10000 + np.random.default_rng(0).normal(size=10000)
    want = (values - values.mean()) / values.std()
    np.testing.assert_allclose(zscore(values), want, atol=1e-4)
