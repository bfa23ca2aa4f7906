"""Arrays brought into numpy's order."""

import numpy as np
import pytest

from hounsfield.values.order import contiguous


@pytest.mark.parametrize("shape", [(), (5,), (3, 4), (70, 33, 65), (2, 40, 1, 50), (0, 3, 4), (2, 3, 40, 33, 5)])
@pytest.mark.parametrize("dtype", [None, np.float32])
def test_the_same_numbers_in_the_order_of_numpy(shape: tuple[int, ...], dtype) -> None:
    array = np.asfortranarray(np.arange(np.prod(shape, dtype=int)).reshape(shape))
    for given in (array, array[::-1] if shape else array, array.T):
        turned = contiguous(given, dtype)
        assert turned.flags.c_contiguous
        assert turned.dtype == (dtype or array.dtype)
        np.testing.assert_array_equal(turned, given)
