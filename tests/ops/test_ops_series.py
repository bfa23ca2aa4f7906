import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hounsfield.ops.series import binned, intervals

NAN = np.nan


def test_bins_hold_the_mean_of_what_was_measured_in_them():
    times = np.array([0.0, 0.5, 0.5, 1.0, 3.9])
    values = np.array([[1, NAN], [3, 10], [5, NAN], [7, NAN], [NAN, 2]])
    expected = [[3, 10], [7, NAN], [NAN, NAN], [NAN, 2]]
    assert np.array_equal(binned(times, values, step=1.0, bins=4), np.array(expected, np.float32), equal_nan=True)


def test_times_before_the_start_at_the_end_and_after_it():
    times, values = np.array([-5.0, 2.0, 2.1, 1e9]), np.array([[1.0], [2.0], [3.0], [4.0]])
    assert binned(times, values, step=1.0, bins=2)[:, 0].tolist() == [1.0, 2.0]


def test_a_series_without_times_is_empty_bins():
    assert np.isnan(binned(np.zeros(0), np.zeros((0, 3)), step=1.0, bins=4)).all()


def test_the_interval_is_that_of_the_paper():
    # the example of the paper's figure: one channel measured at the steps 1, 3 and 4, another at 2 only
    mask = np.array([[0, 0], [1, 0], [0, 1], [1, 0], [1, 0], [0, 0]])
    expected = [[0, 0], [2, 2], [2, 4], [4, 2], [2, 4], [2, 6]]
    assert intervals(mask, step=2.0).tolist() == expected


@given(st.lists(st.booleans(), min_size=1, max_size=20))
def test_the_interval_is_the_time_since_the_last_measurement_before(measured):
    found = intervals(np.array(measured)[:, None], step=1.0)[:, 0]
    for t in range(len(measured)):
        before = [s for s in range(t) if measured[s]]
        assert found[t] == pytest.approx(t - (before[-1] if before else 0))
