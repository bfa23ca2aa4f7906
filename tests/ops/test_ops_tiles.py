"""Windows cover everything."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from hounsfield.ops.tiles import foreground_patch_start, gaussian_weight, tile_starts


@given(
    sizes=st.lists(st.tuples(st.integers(1, 200), st.integers(1, 64)), min_size=1, max_size=2),
    overlap=st.sampled_from([0.0, 0.25, 0.5, 0.75]),
)
def test_tiles_cover_every_element_and_stay_inside(sizes, overlap):
    shape, patch = zip(*sizes, strict=True)
    starts = np.array(tile_starts(shape, patch, overlap))
    for axis, (n, p) in enumerate(sizes):
        line = np.unique(starts[:, axis])
        assert line[0] == 0
        assert line[-1] == max(n - p, 0)
        if len(line) > 1:
            assert np.diff(line).max() <= max(1, int(p * (1 - overlap)))
    assert len(starts) == len(np.unique(starts, axis=0))


def test_few_tiles_where_few_do():
    assert tile_starts((10, 10), (16, 16)) == [(0, 0)]
    assert tile_starts((16,), (16,)) == [(0,)]
    assert tile_starts((24,), (16,)) == [(0,), (8,)]
    assert tile_starts((32,), (16,), 0.0) == [(0,), (16,)]


def test_weight_is_highest_in_the_middle_and_never_zero():
    weight = gaussian_weight((16, 33, 1))
    assert weight.dtype == np.float32
    assert weight.min() >= 1e-3
    assert weight.max() == 1
    assert weight[8, 16, 0] == 1
    np.testing.assert_allclose(weight, weight[::-1, ::-1], rtol=1e-6)
    # one standard deviation from the middle: 33 / 8 elements
    fine = gaussian_weight((81,))
    np.testing.assert_allclose(fine[40 + 10], np.exp(-0.5 * (10 / (81 / 8)) ** 2), rtol=1e-6)


@given(
    seed=st.integers(0, 1000), shape=st.tuples(*[st.integers(1, 40)] * 3), patch=st.tuples(*[st.integers(1, 30)] * 3)
)
def test_a_drawn_patch_holds_a_foreground_voxel(seed, shape, patch):
    rng = np.random.default_rng(seed)
    voxels = np.stack([rng.integers(0, n, 3) for n in shape], axis=1)
    start = np.array(foreground_patch_start(rng, voxels, shape, patch))
    assert np.all(start >= 0)
    assert np.all((start + patch <= shape) | (start == 0))
    assert np.any(np.all((voxels >= start) & (voxels < start + patch), axis=1))


def test_without_foreground_patches_are_everywhere():
    rng = np.random.default_rng(0)
    starts = [foreground_patch_start(rng, np.zeros((0, 2), int), (6, 3), (4, 5)) for _ in range(200)]
    assert {s[0] for s in starts} == {0, 1, 2}
    assert {s[1] for s in starts} == {0}
