"""Arrays looked at in parts are the arrays themselves."""

from __future__ import annotations

import numpy as np
import pytest

from hounsfield.ops import slabs
from hounsfield.values import MemorySource


@pytest.mark.parametrize("shape", [(1, 7, 5, 11), (3, 6, 9), (2, 4, 4, 1)])
@pytest.mark.parametrize("most", [1, 100, 2**20])
def test_parts_make_up_the_whole(shape, most, monkeypatch) -> None:
    monkeypatch.setattr(slabs, "MOST", most)
    array = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    parts = list(slabs.slabs(MemorySource(array)))
    assert np.array_equal(np.concatenate([values for _, values in parts], axis=-1), array)
    assert all(np.array_equal(values, array[..., part]) for part, values in parts)
    assert all(values.size <= max(most, np.prod(shape[:-1])) for _, values in parts)


@pytest.mark.parametrize("count", [1, 7, 60, 10_000])
def test_an_even_sample_is_every_so_manieth_element(count, monkeypatch) -> None:
    monkeypatch.setattr(slabs, "MOST", 50)
    array = np.random.default_rng(0).normal(size=(2, 7, 5, 11)).astype(np.float32)
    step = max(1, 7 * 5 * 11 // count)
    assert np.array_equal(slabs.evenly(MemorySource(array), count), array.reshape(2, -1)[:, ::step])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.int32])
@pytest.mark.parametrize("most", [1, 2**20])
def test_values_are_counted_in_parts(dtype, most, monkeypatch) -> None:
    monkeypatch.setattr(slabs, "MOST", most)
    array = np.random.default_rng(0).choice([0, 1, 7, 200], (9, 8, 7)).astype(dtype)
    if dtype is np.int32:
        array[3, 3, 3] = -5
    assert slabs.tally(array) == {int(v): int(np.sum(array == v)) for v in np.unique(array)}
    assert list(slabs.tally(array)) == sorted(slabs.tally(array))
    assert slabs.tally(array[:0]) == {}
