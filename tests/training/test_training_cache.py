"""Prepared cases on disk: made once, equal when read again, whatever their size and whatever a crash left."""

import numpy as np
import pytest

from hounsfield.training.cache import SMALL, FolderCache

ARRAYS = {
    "image": np.arange(12, dtype=np.float16).reshape(3, 4),
    "none": np.zeros((0, 2), np.int16),
    "one": np.array(7.5),
}
LARGE = {"image": np.arange(SMALL, dtype=np.float32), "target": np.ones((3, 2), np.uint8)}


def refuse_to_make():
    raise AssertionError("it was made before")


@pytest.mark.parametrize("arrays", [ARRAYS, LARGE], ids=["small", "large"])
def test_what_was_made_is_read_again(tmp_path, arrays):
    first = FolderCache(tmp_path).get("key", lambda: arrays)
    again = FolderCache(tmp_path).get("key", refuse_to_make)
    for found in (first, again):
        assert set(found) == set(arrays)
        for name, array in arrays.items():
            assert found[name].dtype == array.dtype
            np.testing.assert_array_equal(found[name], array)
            with pytest.raises(ValueError, match="read-only"):
                found[name][...] = 0


def test_another_key_is_another_case(tmp_path):
    cache = FolderCache(tmp_path)
    cache.get("a", lambda: ARRAYS)
    assert cache.get("b", lambda: {"image": np.zeros(1)})["image"].shape == (1,)


@pytest.mark.parametrize(
    "spoil", [lambda content: content[:-3], lambda content: b"", lambda content: content[:-1] + b"!"]
)
def test_a_small_case_that_a_crash_left_in_part_is_made_again(tmp_path, spoil):
    cache = FolderCache(tmp_path)
    cache.get("key", lambda: ARRAYS)
    (file,) = tmp_path.iterdir()
    file.write_bytes(spoil(file.read_bytes()))
    found = cache.get("key", lambda: ARRAYS)
    np.testing.assert_array_equal(found["image"], ARRAYS["image"])
    cache.get("key", refuse_to_make)


def test_thousands_of_cases_hold_no_files_open(tmp_path):
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, before[1]))
    try:
        cache = FolderCache(tmp_path)
        kept = [cache.get(f"large {n}", lambda: LARGE) for n in range(40)]
        kept += [cache.get(f"small {n}", lambda: ARRAYS) for n in range(40)]
        assert all(len(arrays["image"]) for arrays in kept)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
